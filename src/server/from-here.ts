import type { IncomingMessage } from 'node:http';

/** Whether a caller is in the pod, or comes by `kubectl port-forward`: what tasks printed is for those alone. */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(?:::1|(?:::ffff:)?127\.\d+\.\d+\.\d+)$/.test(address);
}

/**
 * Whether a request comes over loopback and was meant to: a page elsewhere can make a browser call `localhost` under a name of
 * its own (DNS rebinding), but not without that name in `Host`.
 */
export function isFromHere({ socket, headers }: IncomingMessage): boolean {
  return (
    isLoopback(socket.remoteAddress) && /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/i.test(headers.host ?? '')
  );
}
