import type { IncomingMessage } from 'node:http';

/**
 * Whether a caller is in the pod, or comes by `kubectl port-forward`: what tasks printed is for those alone. Not the rest of
 * 127.0.0.0/8, from which nobody calls by chance: Istio's proxy hands on from 127.0.0.6 what comes from other pods.
 */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(?:::1|(?:::ffff:)?127\.0\.0\.1)$/.test(address);
}

/** What proxies add to what they hand on: then it is not known who asks. */
const HANDED_ON = /^(?:via|forwarded|x-forwarded-.*|x-real-ip)$/;

/**
 * Whether a request comes over loopback and was meant to: a page elsewhere can make a browser call `localhost` under a name of
 * its own (DNS rebinding), but not without that name in `Host`.
 */
export function isFromHere({ socket, headers }: IncomingMessage): boolean {
  return (
    isLoopback(socket.remoteAddress) &&
    !Object.keys(headers).some((name) => HANDED_ON.test(name)) &&
    /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/i.test(headers.host ?? '')
  );
}
