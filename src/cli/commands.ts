/** The commands and their options: what the command line is read by, and what `--help` and the README tell. */
import { SERVE_DEFAULTS } from '../config/serve-defaults.ts';
import { LOG_LEVELS } from '../observe/logger.ts';
import { INJECT_OPTIONS } from './inject-options.ts';
import { CONFIG, GRACE, JOURNAL, type Option } from './option.ts';
import { REHEARSE_OPTIONS } from './rehearse-options.ts';

/** A command, as `--help` tells it. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly Option[];
}

const OPS_PORT: Option = {
  flag: 'ops-port',
  env: 'HOOKKEEPER_OPS_PORT',
  value: 'PORT',
  default: String(SERVE_DEFAULTS.opsPort),
  help: 'the port of the status page, /livez, /readyz, /metrics and /status',
};
const JSON_OUTPUT: Option = {
  flag: 'json',
  env: 'HOOKKEEPER_JSON',
  value: undefined,
  default: undefined,
  help: 'print it as JSON',
};

const FROM: Option = {
  flag: 'from',
  env: 'HOOKKEEPER_SNAPSHOTS',
  value: 'PLACE',
  default: undefined,
  help: 'the folder of the snapshots, or s3://BUCKET/PREFIX with AWS variables',
};
const NAME: Option = {
  flag: 'name',
  env: 'HOOKKEEPER_SNAPSHOT_NAME',
  value: 'NAME',
  default: undefined,
  help: 'only snapshots of this name',
};

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'serve',
    summary: 'serve the hooks of this pod',
    options: [
      CONFIG,
      {
        flag: 'host',
        env: 'HOOKKEEPER_HOST',
        value: 'ADDRESS',
        default: SERVE_DEFAULTS.host,
        help: 'where both ports listen; the kubelet calls the pod IP, so not loopback',
      },
      {
        flag: 'port',
        env: 'HOOKKEEPER_PORT',
        value: 'PORT',
        default: String(SERVE_DEFAULTS.hookPort),
        help: 'the port of the hooks',
      },
      OPS_PORT,
      JOURNAL,
      {
        flag: 'pod-uid',
        env: 'HOOKKEEPER_POD_UID',
        value: 'UID',
        default: undefined,
        help: "the pod's UID, from the Downward API: a journal of another pod is archived",
      },
      {
        flag: 'log-level',
        env: 'HOOKKEEPER_LOG_LEVEL',
        value: 'LEVEL',
        default: 'info',
        help: `one of ${LOG_LEVELS.join(', ')}`,
      },
      {
        flag: 'log-format',
        env: 'HOOKKEEPER_LOG_FORMAT',
        value: 'FORMAT',
        default: undefined,
        help: 'json or pretty; else pretty on a terminal',
      },
      {
        flag: 'termination-log',
        env: 'HOOKKEEPER_TERMINATION_LOG',
        value: 'FILE',
        default: '/dev/termination-log',
        help: "the container's terminationMessagePath; it is never created",
      },
    ],
  },
  {
    name: 'check',
    summary: 'check a config file and print the plan of each hook, or check manifests',
    options: [
      CONFIG,
      {
        flag: 'manifest',
        env: 'HOOKKEEPER_MANIFEST',
        value: 'FILE…',
        default: undefined,
        help: 'check these manifests: files, folders, or - for standard input',
        many: true,
      },
      {
        flag: 'elsewhere',
        env: 'HOOKKEEPER_ELSEWHERE',
        value: undefined,
        default: undefined,
        help: 'the config is for another machine: look for none of its files here',
      },
      {
        flag: 'output',
        env: 'HOOKKEEPER_OUTPUT',
        value: 'FORMAT',
        default: 'text',
        help: 'text for people, or json with all findings for pipelines',
      },
    ],
  },
  { name: 'schema', summary: 'print the JSON Schema of the config file', options: [] },
  {
    name: 'journal',
    summary: 'print the journal',
    options: [JOURNAL, JSON_OUTPUT],
  },
  {
    name: 'status',
    summary: 'show what the service beside this command is doing',
    options: [
      OPS_PORT,
      {
        flag: 'watch',
        env: 'HOOKKEEPER_WATCH',
        value: undefined,
        default: undefined,
        help: 'follow it until the service ends',
      },
      JSON_OUTPUT,
    ],
  },
  {
    name: 'plan',
    summary: 'show how long each hook takes, as a journal has it, and what it loses when time is short',
    options: [CONFIG, JOURNAL, GRACE],
  },
  {
    name: 'rehearse',
    summary: "play a pod's life with the real tasks, and say which promises it kept",
    options: REHEARSE_OPTIONS,
  },
  {
    name: 'inject',
    summary: 'put Hookkeeper and a config into manifests, or take it out again',
    options: INJECT_OPTIONS,
  },
  { name: 'snapshots', summary: 'list the snapshots of a place and read them through', options: [FROM, NAME] },
  {
    name: 'restore',
    summary: 'restore a snapshot into a folder',
    options: [
      FROM,
      {
        flag: 'to',
        env: 'HOOKKEEPER_RESTORE_TO',
        value: 'DIR',
        default: undefined,
        help: 'the folder to restore into',
      },
      NAME,
      {
        flag: 'archive',
        env: 'HOOKKEEPER_RESTORE_ARCHIVE',
        value: 'FILE',
        default: undefined,
        help: 'one archive of the folder; else the newest good one that is whole',
      },
      {
        flag: 'overwrite',
        env: 'HOOKKEEPER_RESTORE_OVERWRITE',
        value: undefined,
        default: undefined,
        help: 'replace what is in the folder',
      },
      {
        flag: 'if-needed',
        env: 'HOOKKEEPER_RESTORE_IF_NEEDED',
        value: undefined,
        default: undefined,
        help: 'end with 0 also without a snapshot, or where the folder holds something',
      },
    ],
  },
];

/** Environment variables that are no option of a command, with what they do. */
export const OTHER_VARIABLES: readonly { readonly env: string; readonly help: string }[] = [
  { env: 'HOOKKEEPER_GRACE_PERIOD', help: "the pod's grace period, over the config's: 45s, or a number of seconds" },
  { env: 'HOOKKEEPER_GRACE_RESERVE', help: "the reserve, over the config's: 10s" },
  { env: 'HOOKKEEPER_POD_NAME', help: "the pod's name, from the Downward API; default: its host name" },
  { env: 'HOOKKEEPER_POD_NAMESPACE', help: "the pod's namespace; default: the service account's" },
  {
    env: 'HOOKKEEPER_SERVICE_ACCOUNT',
    help: "the folder of its token and ca.crt; default: the kubelet's mount",
  },
  { env: 'HOOKKEEPER_EVENTS', help: 'false: no Kubernetes Events, also where the pod may create them' },
  { env: 'NO_COLOR', help: 'no colours, also on a terminal' },
];
