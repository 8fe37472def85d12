/**
 * `hookkeeper serve`: puts the rooms together. It holds no rule of its own but the order of start and end: config, ports,
 * journal; then whatever the kubelet sends; after SIGTERM what `service-life.ts` says.
 */
import type { Logger } from 'pino';
import { systemClock, wait } from '../hooks/clock.ts';
import { createDeliveries } from '../hooks/deliveries.ts';
import { seeOnce } from '../hooks/first-sight.ts';
import { seconds } from '../hooks/sentence.ts';
import { lockFolder } from '../journal/folder-lock.ts';
import { type OpenJournal, openJournal } from '../journal/store.ts';
import { createAppWatch } from '../kubernetes/app-watch.ts';
import { createEvidence } from '../kubernetes/evidence.ts';
import { createPodSource } from '../kubernetes/pod-source.ts';
import { logJournal } from '../observe/log-journal.ts';
import { createMetrics } from '../observe/metrics.ts';
import { createRunTraces } from '../observe/timeline/run-trace.ts';
import { REFUSALS } from '../server/admission.ts';
import { taskTable } from '../tasks/table.ts';
import { configuredHooks } from './configured-hooks.ts';
import { endOnSignals, type SignalSource } from './ending.ts';
import { holdSignals } from './held-signals.ts';
import { createLastWords } from './last-words.ts';
import { openLiveConfig } from './live-config.ts';
import { createObservers } from './observers.ts';
import { openPorts, type Ports } from './ports.ts';
import { startWarnings } from './start-warnings.ts';
import { statusReport } from './status-report.ts';

export interface ServeInput {
  readonly configFile: string;
  readonly host: string;
  readonly port: number;
  readonly opsPort: number;
  readonly journalDir: string;
  readonly podUid: string | undefined;
  /** The container's `terminationMessagePath`. */
  readonly terminationLog: string;
  readonly version: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly logger: Logger;
  readonly signals: SignalSource;
  /** Whether stdout is a terminal, whose end is told by SIGHUP. */
  readonly terminal: boolean;
  /** Names this process in the journal; another for each start. */
  readonly instance: string;
}

/** Connections that are still open so long after the last answer are cut, in ms. */
const CLOSE_MS = 2000;

/** Where runs were broken off, neither the answers nor the journal that tell it hold up the end longer, in ms: SIGKILL may be about to come. */
const AT_ONCE_MS = 200;

/** Serves until a signal ends it; resolves with the exit code. Never rejects. */
export async function serve(input: ServeInput): Promise<number> {
  const { configFile, logger, instance, version } = input;
  const startedAtMs = systemClock.epochMs();
  let known: OpenJournal | undefined;
  const lastWords = createLastWords({
    path: input.terminationLog,
    env: input.env,
    version,
    journal: () => known,
    logger,
    clock: systemClock,
  });
  let refused: readonly string[] = [];
  const live = openLiveConfig({
    file: configFile,
    env: input.env,
    logger,
    epochMs: systemClock.epochMs,
    onRefused: (reasons) => {
      refused = reasons;
    },
  });
  if (live === undefined) {
    await lastWords.end(`could not start with ${configFile}`, refused);
    return 2;
  }

  const signals = holdSignals(input.signals);
  // Node.js would open its debugger, which runs any code, to every container of the pod.
  input.signals.on('SIGUSR1', () => logger.warn('SIGUSR1 is ignored: the debugger of Node.js stays closed'));
  for (const warning of startWarnings(process.pid)) logger.warn(warning);
  const ports = await openPorts(input);
  if (typeof ports === 'string') {
    live.close();
    await lastWords.end('could not listen', [ports]);
    return 1;
  }
  const metrics = createMetrics({
    version,
    activeRuns: () => deliveries.active(),
    durability: () => journal.durability(),
    kinds: taskTable.kinds,
    hooks: () => configuredHooks(live.config()),
    refusals: REFUSALS,
  });
  const logEvent = logJournal(logger);
  const lock = await lockFolder({ dir: input.journalDir, clock: systemClock });
  const journal = await openJournal({
    dir: input.journalDir,
    untouchable: lock.state === 'taken' ? inUse(input.journalDir) : undefined,
    instance,
    podUid: input.podUid,
    clock: systemClock,
    onEvent(event) {
      logEvent(event);
      metrics.countJournalEvent(event);
      // What a slow disk gives late may have a preStop that is to be taken back.
      if (event.type === 'opened' && known !== undefined) void deliveries.reconcile();
    },
  });
  known = journal;
  live.onReload(metrics.countReload);
  const traces = createRunTraces(systemClock);
  const others = [metrics.countEvent, lastWords.onEvent, traces.note];
  const observers = createObservers({ ...input, clock: systemClock, others });
  const pod = createPodSource({ env: input.env, podUid: input.podUid, clock: systemClock });
  const deliveries = createDeliveries({
    config: live.config,
    journal,
    clock: systemClock,
    instance,
    pod,
    evidence: createEvidence({ config: live.config, pod }),
    random: Math.random,
    emit: observers.emit,
  });
  const watch = createAppWatch({ config: live.config, journal, pod, clock: systemClock });
  const ending = endOnSignals({
    deliveries,
    logger,
    clock: systemClock,
    signals,
    config: live.config,
    journal,
    watch,
    reload: live.reload,
    terminal: input.terminal,
  });
  const stopping = () => ending.current().state === 'stopping';

  ports.serve({
    logger,
    live,
    deliveries: ending,
    metrics,
    ready: () => (stopping() ? { ready: false, reason: 'it is being stopped' } : { ready: true }),
    checks: () => ({
      config: 'loaded',
      journal: journal.durability(),
      hookPort: stopping() ? 'closed' : 'listening',
      service: ending.current().state,
    }),
    status: () => statusReport({ ...input, live, journal, ending, activeRuns: deliveries.active, clock: systemClock }),
    source: {
      version,
      startedAtMs,
      life: ending.current,
      live,
      journal,
      traces,
      clock: systemClock,
    },
  });
  const [port, opsPort] = [ports.hooks.port, ports.ops.port];
  const message = `hookkeeper ${version} serves hooks on port ${port} and ops on port ${opsPort}`;
  logger.info({ version, host: ports.hooks.host, port, opsPort, config: configFile, instance }, message);
  void deliveries.reconcile();
  const ends = new AbortController();
  void seeOnce({ config: live.config, journal, watch, clock: systemClock, signal: ends.signal });
  const code = await ending.over;
  ends.abort();
  live.close();
  deliveries.close();
  const [cut] = await Promise.all([close(ports, journal, code), observers.close()]);
  if (cut > 0)
    logger.warn({ connections: cut }, `${cut} connections were cut, ${seconds(CLOSE_MS)} after the last answer`);
  await lastWords.end(`ended with ${code}`);
  logger.info({ code }, `hookkeeper ends with ${code}`);
  return code;
}

function inUse(dir: string): string {
  return `another hookkeeper uses the journal folder ${dir}, give each sidecar of the pod a folder of its own and restart this one`;
}

/** Lets the last answers out and writes the journal; resolves with how many connections had to be cut. */
async function close(ports: Ports, journal: OpenJournal, code: number): Promise<number> {
  const closePorts = (cut: AbortSignal) => Promise.all([ports.hooks.close(cut), ports.ops.close(cut)]);
  if (code === 0) {
    const cuts = await closePorts(AbortSignal.timeout(CLOSE_MS));
    await journal.close();
    return cuts[0] + cuts[1];
  }
  const written = new AbortController();
  const late = wait(systemClock, AT_ONCE_MS, written.signal);
  await Promise.all([closePorts(AbortSignal.timeout(AT_ONCE_MS)), Promise.race([journal.close(), late])]);
  written.abort();
  return 0;
}
