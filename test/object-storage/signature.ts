import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AwsV4Signer } from 'aws4fetch';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const SCOPE =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** What S3 would answer to a request that is not signed with these keys; undefined: it is. By a signer that is not the client's. */
export async function whyRefused(request: IncomingMessage, body: Buffer, keys: Keys): Promise<string | undefined> {
  const { headers, method = '', url = '' } = request;
  const [, id, , region = '', names = '', signature] = SCOPE.exec(headers.authorization ?? '') ?? [];
  if (id !== keys.accessKeyId) return 'InvalidAccessKeyId';
  if (keys.sessionToken !== undefined && headers['x-amz-security-token'] !== keys.sessionToken) return 'InvalidToken';
  const hash = headers['x-amz-content-sha256'];
  if (hash !== 'UNSIGNED-PAYLOAD' && hash !== createHash('sha256').update(body).digest('hex')) {
    return 'XAmzContentSHA256Mismatch';
  }
  const signed = names.split(';').filter((name) => name !== 'host');
  const signer = new AwsV4Signer({
    method,
    url: `http://${headers.host}${url}`,
    headers: Object.fromEntries(signed.map((name) => [name, String(headers[name] ?? '')])),
    body,
    accessKeyId: keys.accessKeyId,
    secretAccessKey: keys.secretAccessKey,
    service: 's3',
    region,
    datetime: String(headers['x-amz-date']),
    allHeaders: true,
  });
  return (await signer.signature()) === signature ? undefined : 'SignatureDoesNotMatch';
}
