import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../helpers/program.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { bucketServer, KEYS } from '../object-storage/bucket-server.ts';

const TEMPORARY = { ...KEYS, sessionToken: 'a token of the tests' };
const EXPIRES = '2099-01-01T00:00:00Z';

/** Serves texts; keeps what it was asked. */
async function serve(answer: (request: IncomingMessage, body: string) => string | undefined): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const text = answer(request, body);
      response.writeHead(text === undefined ? 403 : 200).end(text);
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

async function listWith(env: Readonly<Record<string, string>>) {
  const { endpoint } = await bucketServer(TEMPORARY);
  const common = { AWS_ENDPOINT_URL_S3: endpoint, AWS_EC2_METADATA_DISABLED: 'true', HOME: await temporaryFolder() };
  return runProgram(['snapshots', '--from', 's3://bucket/app'], { ...common, ...env });
}

const NOTHING_THERE = { code: 0, stdout: 'There is no snapshot in s3://bucket/app\n', stderr: '' };

describe('the credentials for a bucket', () => {
  it('may be temporary ones from variables', async () => {
    const env = {
      AWS_ACCESS_KEY_ID: TEMPORARY.accessKeyId,
      AWS_SECRET_ACCESS_KEY: TEMPORARY.secretAccessKey,
      AWS_SESSION_TOKEN: TEMPORARY.sessionToken,
    };
    expect(await listWith(env)).toEqual(NOTHING_THERE);
  });

  it('may be those of the container, as EKS Pod Identity gives them', async () => {
    const token = join(await temporaryFolder(), 'token');
    writeFileSync(token, 'the pod');
    const url = await serve(({ headers }) =>
      headers.authorization === 'the pod'
        ? JSON.stringify({
            AccessKeyId: TEMPORARY.accessKeyId,
            SecretAccessKey: TEMPORARY.secretAccessKey,
            Token: TEMPORARY.sessionToken,
            Expiration: EXPIRES,
          })
        : undefined,
    );
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: token,
    };
    expect(await listWith(env)).toEqual(NOTHING_THERE);
  });

  it('may be those of a service account (IRSA)', async () => {
    const token = join(await temporaryFolder(), 'token');
    writeFileSync(token, 'a-web-identity');
    const url = await serve((_request, body) =>
      body.includes('AssumeRoleWithWebIdentity') && body.includes('a-web-identity')
        ? `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>
             <AccessKeyId>${TEMPORARY.accessKeyId}</AccessKeyId>
             <SecretAccessKey>${TEMPORARY.secretAccessKey}</SecretAccessKey>
             <SessionToken>${TEMPORARY.sessionToken}</SessionToken><Expiration>${EXPIRES}</Expiration>
           </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`
        : undefined,
    );
    const env = {
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/app',
      AWS_WEB_IDENTITY_TOKEN_FILE: token,
      AWS_ENDPOINT_URL_STS: url,
    };
    expect(await listWith(env)).toEqual(NOTHING_THERE);
  });

  it('are missed in words', async () => {
    expect(await listWith({})).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/: no credentials were found in files or in the AWS environment/),
    });
  });
});
