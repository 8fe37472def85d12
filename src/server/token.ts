import { createHash, timingSafeEqual } from 'node:crypto';
import { readTokenFile, type TokenFile } from '../config/token-file.ts';

/** Whether a caller may have its hook run. */
type TokenVerdict = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/** Judges the token a caller presented, or the lack of one. Never throws. */
export type TokenCheck = (presented: string | undefined) => TokenVerdict;

export interface TokenFileInput {
  /** The file with the shared secret, as the config of now names it; undefined: everybody is allowed. */
  readonly file: () => string | undefined;
  readonly monotonicMs: () => number;
  /** Told once when the file can't be used, with the reason, and again when it can. */
  readonly onChange: (
    state: { readonly state: 'readable' } | { readonly state: 'unreadable'; readonly reason: string },
  ) => void;
}

/** A secret that was rotated is in force after this time at the latest, in ms: a flood of calls is not a flood of reads. */
const REREAD_MS = 1000;

type Secret =
  | { readonly state: 'known'; readonly digests: readonly Buffer[] }
  | Exclude<TokenFile, { readonly state: 'known' }>;

/**
 * A check against the secret in a file, which is read again so that a rotated one works. A file that vanishes keeps its last
 * good value in force, as a hook that is refused is a drain that does not happen; an empty one refuses everybody.
 */
export function createTokenCheck({ file, monotonicMs, onChange }: TokenFileInput): TokenCheck {
  let known: { readonly path: string; readonly secret: Secret; readonly readAtMs: number } | undefined;
  let complaint: string | undefined;

  function secretOf(path: string): Secret {
    const now = monotonicMs();
    if (known?.path === path && now - known.readAtMs < REREAD_MS) return known.secret;
    const read = readSecret(path);
    const kept = read.state === 'unreadable' && known?.path === path ? known.secret : read;
    known = { path, secret: kept, readAtMs: now };
    complain(read);
    return kept;
  }

  function complain(read: Secret): void {
    const reason = read.state === 'unreadable' ? read.reason : read.state === 'empty' ? 'the file is empty' : undefined;
    if (reason === complaint) return;
    complaint = reason;
    onChange(reason === undefined ? { state: 'readable' } : { state: 'unreadable', reason });
  }

  return (presented) => {
    const path = file();
    if (path === undefined) return { allowed: true };
    const secret = secretOf(path);
    if (secret.state !== 'known')
      return { allowed: false, reason: "no token can be checked, as access.tokenFile can't be used" };
    if (presented === undefined) return { allowed: false, reason: 'it brings no token' };
    // Digests have one length, so that the comparison tells nothing of the secret's; each is compared, whichever it is.
    const digest = digestOf(presented);
    const same = secret.digests.filter((one) => timingSafeEqual(digest, one));
    return same.length > 0 ? { allowed: true } : { allowed: false, reason: 'its token is wrong' };
  };
}

function readSecret(path: string): Secret {
  const read = readTokenFile(path);
  return read.state === 'known' ? { state: 'known', digests: read.tokens.map(digestOf) } : read;
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The token of a request: `Authorization: Bearer TOKEN`, else `?token=TOKEN`, for kubelets up to 1.24 send no headers. */
export function presentedToken(authorization: string | undefined, query: string): string | undefined {
  const bearer = /^bearer +(.+)$/i.exec(authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer.trim();
  const written = query
    .split('&')
    .find((part) => part.startsWith('token='))
    ?.slice('token='.length);
  return written === undefined ? undefined : decoded(written);
}

/** A `+` stays one, as it does in a token in base64 that somebody pasted into a manifest. */
function decoded(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}
