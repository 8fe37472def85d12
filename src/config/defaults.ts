/**
 * Every default of the config file, once: the schema fills them in, and the documentation is tested against them.
 * Durations are in ms.
 */
export const DEFAULTS = {
  grace: {
    /** What Kubernetes gives a pod that names no terminationGracePeriodSeconds. */
    periodMs: 30_000,
    /** Enough for an app to close its sockets after SIGTERM, and for our answer on a busy node. */
    reserveMs: 5000,
  },
  lifecycle: {
    /** The manifest knows, and no API that a container sees by itself. */
    sidecar: 'auto',
  },
  postStart: {
    /** The kubelet has no timeout for a postStart; without one of ours a hanging hook blocks the pod for ever. */
    timeoutMs: 60_000,
    /** Far more than the kubelet's transport retry takes, and less than its shortest restart back-off. */
    dedupeWindowMs: 10_000,
  },
  hook: {
    /** Finished work stays finished, so going on is safe and gives the failed rest another chance. */
    onRedelivery: 'resume',
    /**
     * What a restart does too much can be undone, or costs some time; what a termination does too little is lost for ever.
     */
    unknownReason: 'termination',
  },
  task: {
    priority: 'normal',
    minimumMs: 0,
    onFailure: 'fail',
    /** At least once: a task that was cut short by our own death was asked for and may not have happened. */
    onInterrupted: 'rerun',
    /** Most tasks of a preStop have nothing to do where there is no app. */
    alsoWithoutHook: false,
  },
  undo: {
    /** Undos come before the postStart's own tasks: one that hangs must not keep the container from its start for long. */
    timeoutMs: 10_000,
  },
  retry: {
    /** No retry unless asked for: not every task may be repeated. */
    attempts: 1,
    minDelayMs: 500,
    maxDelayMs: 10_000,
    factor: 2,
    /** Spreads the retries of many pods that end at the same moment. */
    jitter: true,
  },
} as const;

/** The bounds of the config file (P9). */
export const LIMITS = {
  /** The file, in bytes: what a ConfigMap can hold. */
  fileBytes: 1024 * 1024,
  containers: 20,
  /** Ports of one container. */
  ports: 50,
  /** Tasks of one hook, those in groups included. */
  tasks: 50,
  attempts: 100,
  /** Problems that are reported in one go. */
  problems: 100,
  /** Lists, mappings, keys and values of the file together: many times what all tasks can have. */
  values: 20_000,
  /** YAML aliases (`*name`) in the file. */
  aliases: 100,
  /** The length of a name, as of every DNS label. */
  name: 63,
} as const;
