import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import { systemClock } from '../hooks/clock.ts';
import type { Deliveries } from '../hooks/delivery.ts';
import { createHttpLog } from '../observe/http-log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Readiness } from '../server/admission.ts';
import { createHookApp, type HookApp } from '../server/hook-app.ts';
import { createHookServer } from '../server/hook-server.ts';
import { type Listening, listen } from '../server/listen.ts';
import { createOpsApp, type OpsAppInput } from '../server/ops-app.ts';
import { createOpsServer } from '../server/ops-server.ts';
import type { StatusSource } from '../server/status-now.ts';
import type { StatusPages } from '../server/status-page.ts';
import { statusPageDoor } from '../server/status-page-door.ts';
import { createTokenCheck } from '../server/token.ts';
import { holdRequests } from './held-requests.ts';
import type { LiveConfig } from './live-config.ts';

/** What serves the requests of both ports. */
export interface AppsInput {
  readonly logger: Logger;
  readonly live: LiveConfig;
  readonly deliveries: Pick<Deliveries, 'deliver'>;
  readonly metrics: Metrics;
  readonly ready: () => Readiness;
  readonly checks: OpsAppInput['checks'];
  readonly status: OpsAppInput['status'];
  /** What the status page shows. */
  readonly source: StatusSource;
}

export interface PortsInput {
  readonly host: string;
  readonly port: number;
  readonly opsPort: number;
  readonly logger: Logger;
}

/** Both ports, listening. */
export interface Ports {
  readonly hooks: Listening;
  readonly ops: Listening;
  /** Requests that came before wait for this. To be called once. */
  serve(apps: AppsInput): void;
}

/**
 * Listens on both ports, or logs why it can't and resolves with that: then nothing else of this start must have had an effect.
 * A hook that comes before there is anything to serve it waits, where a closed port would kill the app. Never rejects.
 */
export async function openPorts(input: PortsInput): Promise<Ports | string> {
  const { host, logger } = input;
  const onError = (error: Error) => logger.error({ err: error }, 'a connection could not be accepted');
  const hookApps = Promise.withResolvers<HookApp>();
  const opsApps = Promise.withResolvers<RequestListener>();
  const hookServer = createHookServer(holdRequests(hookApps.promise, systemClock));
  const opsServer = createOpsServer((request, response) => void opsApps.promise.then((app) => app(request, response)));
  const hooks = await listen(hookServer, { host, port: input.port, onError });
  const failed = (what: string, port: number, reason: string) => {
    logger.fatal({ port }, `${what}: ${reason}`);
    return `${what}: ${reason}`;
  };
  if (hooks.state === 'failed') return failed('the hook port', input.port, hooks.reason);
  const ops = await listen(opsServer, { host, port: input.opsPort, onError });
  if (ops.state === 'failed') {
    await hooks.close(AbortSignal.abort());
    return failed('the ops port', input.opsPort, ops.reason);
  }
  let door: StatusPages | undefined;
  return {
    hooks,
    ops: {
      ...ops,
      close(cut) {
        door?.close();
        return ops.close(cut);
      },
    },
    serve(apps) {
      door = statusPageDoor(apps.source, systemClock);
      hookApps.resolve(hookApp(apps));
      opsApps.resolve(opsApp(apps, door));
    },
  };
}

function onBug(logger: Logger) {
  return (error: unknown) => logger.error({ err: error }, 'a bug of hookkeeper: please report it');
}

function hookApp({ deliveries, live, logger, metrics, ready }: AppsInput) {
  return createHookApp({
    deliveries,
    containers: () => live.config().containers,
    token: createTokenCheck({
      file: () => live.config().access.tokenFile,
      monotonicMs: systemClock.monotonicMs,
      onChange: (token) => {
        if (token.state === 'readable') logger.info('access.tokenFile can be read again');
        else logger.error({ reason: token.reason }, `access.tokenFile can't be used: ${token.reason}`);
      },
    }),
    ready,
    clock: systemClock,
    onRefused: ({ kind }) => metrics.countRefused(kind),
    onBug: onBug(logger),
    httpLog: createHttpLog(logger, 'info', systemClock.monotonicMs),
  });
}

function opsApp({ checks, status, metrics, logger }: AppsInput, { pages }: StatusPages) {
  const httpLog = createHttpLog(logger, 'debug', systemClock.monotonicMs);
  return createOpsApp({ checks, status, metrics, statusPages: pages, onBug: onBug(logger), httpLog });
}
