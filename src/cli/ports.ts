import type { Logger } from 'pino';
import { systemClock } from '../hooks/clock.ts';
import type { Deliveries } from '../hooks/delivery.ts';
import { createHttpLog } from '../observe/http-log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Readiness } from '../server/admission.ts';
import { createHookApp } from '../server/hook-app.ts';
import { createHookServer } from '../server/hook-server.ts';
import { type Listening, listen } from '../server/listen.ts';
import { createOpsApp, type OpsAppInput } from '../server/ops-app.ts';
import { createOpsServer } from '../server/ops-server.ts';
import { createTokenCheck } from '../server/token.ts';
import type { LiveConfig } from './live-config.ts';

export interface PortsInput {
  readonly host: string;
  readonly port: number;
  readonly opsPort: number;
  readonly logger: Logger;
  readonly live: LiveConfig;
  readonly deliveries: Deliveries;
  readonly metrics: Metrics;
  readonly ready: () => Readiness;
  readonly checks: OpsAppInput['checks'];
  readonly status: OpsAppInput['status'];
}

/** Both ports, listening. */
export interface Ports {
  readonly hooks: Listening;
  readonly ops: Listening;
}

/** Listens on both ports, or logs why it can't and returns undefined. Never rejects. */
export async function openPorts(input: PortsInput): Promise<Ports | undefined> {
  const { host, logger } = input;
  const onError = (error: Error) => logger.error({ err: error }, 'a connection could not be accepted');
  // The ops port comes second: its /readyz must not answer before the hooks are served.
  const hooks = await listen(createHookServer(hookApp(input)), { host, port: input.port, onError });
  if (hooks.state === 'failed') {
    logger.fatal({ port: input.port }, `the hook port: ${hooks.reason}`);
    return undefined;
  }
  const ops = await listen(createOpsServer(opsApp(input)), { host, port: input.opsPort, onError });
  if (ops.state === 'failed') {
    logger.fatal({ port: input.opsPort }, `the ops port: ${ops.reason}`);
    await hooks.close(AbortSignal.abort());
    return undefined;
  }
  return { hooks, ops };
}

function onBug(logger: Logger) {
  return (error: unknown) => logger.error({ err: error }, 'a bug of hookkeeper: please report it');
}

function hookApp({ deliveries, live, logger, metrics, ready }: PortsInput) {
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

function opsApp({ checks, status, metrics, logger }: PortsInput) {
  const httpLog = createHttpLog(logger, 'debug', systemClock.monotonicMs);
  return createOpsApp({ checks, status, metrics, onBug: onBug(logger), httpLog });
}
