import type { Rule } from './rule.ts';
import { configVolumeRules } from './rules/config-volume.ts';
import { graceRules } from './rules/grace.ts';
import { accessRules } from './rules/hook-access.ts';
import { addressRules } from './rules/hook-address.ts';
import { matchRules } from './rules/hook-match.ts';
import { journalRules } from './rules/journal.ts';
import { meshRules } from './rules/mesh.ts';
import { nodePortRules } from './rules/node-ports.ts';
import { otherHookRules } from './rules/other-hooks.ts';
import { programRules } from './rules/own-program.ts';
import { podNameRules } from './rules/pod-name.ts';
import { podOsRules } from './rules/pod-os.ts';
import { probeRules } from './rules/probes.ts';
import { qosClassRules } from './rules/qos-class.ts';
import { kindRules } from './rules/sidecar-kind.ts';
import { snapshotRules } from './rules/snapshot-place.ts';
import { surroundingsRules } from './rules/task-surroundings.ts';

/** Every rule for pods. A new one is a rule in one of these files, its case in the test, and is in the documentation by that. */
export const RULES: readonly Rule[] = [
  ...addressRules,
  ...accessRules,
  ...matchRules,
  ...otherHookRules,
  ...kindRules,
  ...probeRules,
  ...graceRules,
  ...journalRules,
  ...podNameRules,
  ...configVolumeRules,
  ...surroundingsRules,
  ...programRules,
  ...nodePortRules,
  ...snapshotRules,
  ...podOsRules,
  ...qosClassRules,
  ...meshRules,
];

/** Findings that are no rule for a pod: about the files themselves. */
export const FILE_CODES = [
  {
    code: 'config',
    severity: 'error',
    rule: 'The config can be used.',
    reason:
      'What `hookkeeper check --config` tells, at its line, also where the config stands in a ConfigMap; a warning where the config can be used all the same. ' +
      "Whether commands, scripts and the token's file are there is not looked at: they are on another machine.",
  },
  {
    code: 'config-key',
    severity: 'error',
    rule: 'The ConfigMap that Hookkeeper mounts has the key that becomes its config file.',
    reason: 'Without the file Hookkeeper ends with 2, again and again, and the app is not started.',
  },
  {
    code: 'config-unknown',
    severity: 'warning',
    rule: 'The config is among the files, or named with `--config`.',
    reason: 'Without it nothing can be said about tasks, containers and the grace period.',
  },
  {
    code: 'unusable',
    severity: 'error',
    rule: 'Each file can be read as YAML or JSON, and one of them has a pod with Hookkeeper or with a hook that calls it.',
    reason: 'A check that looked at nothing must not pass. The exit code is 2.',
  },
] as const;
