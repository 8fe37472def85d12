import { CONFIG, GRACE, JOURNAL, type Option } from './option.ts';

/** The options of `hookkeeper rehearse`. */
export const REHEARSE_OPTIONS: readonly Option[] = [
  CONFIG,
  JOURNAL,
  GRACE,
  {
    flag: 'scenario',
    env: 'HOOKKEEPER_SCENARIO',
    value: 'NAME…',
    default: undefined,
    help: 'only these of stop, kubelet-restart, short-grace, app-restart, sidecar-killed, never-drains, failing-start',
    many: true,
  },
  {
    flag: 'app',
    env: 'HOOKKEEPER_APP',
    value: 'COMMAND',
    default: undefined,
    help: 'the command that is the app; else a stand-in that only ends on SIGTERM',
  },
  {
    flag: 'app-port',
    env: 'HOOKKEEPER_APP_PORT',
    value: 'PORT',
    default: undefined,
    help: 'where the app listens; the stand-in answers 200 there',
  },
  {
    flag: 'dry-run',
    env: 'HOOKKEEPER_DRY_RUN',
    value: undefined,
    default: undefined,
    help: 'run no task: foresee it from timeouts, or from the journal',
  },
  {
    flag: 'report',
    env: 'HOOKKEEPER_REPORT',
    value: 'FILE…',
    default: undefined,
    help: 'write a report, to a name that ends in .html or .svg',
    many: true,
  },
  {
    flag: 'record',
    env: 'HOOKKEEPER_RECORD',
    value: 'FILE',
    default: undefined,
    help: 'write all of it as JSON',
  },
];
