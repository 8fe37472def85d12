/** What an option is, and those that several commands have. */
import { SERVE_DEFAULTS } from '../config/serve-defaults.ts';

/** An option of a command. Every one has an environment variable; a flag wins over it. */
export interface Option {
  readonly flag: string;
  /** One letter that stands for the flag, as `f` for `-f`. Default: none. */
  readonly short?: string;
  readonly env: string;
  /** What stands for its value in the help; undefined for a switch. */
  readonly value: string | undefined;
  /** As a user would write it; undefined: none. */
  readonly default: string | undefined;
  readonly help: string;
  /** Whether it may be given several times, and with several values behind it. Default: once. */
  readonly many?: true;
}

export const CONFIG: Option = {
  flag: 'config',
  env: 'HOOKKEEPER_CONFIG',
  value: 'FILE',
  default: SERVE_DEFAULTS.configFile,
  help: 'the config file',
};
export const JOURNAL: Option = {
  flag: 'journal',
  env: 'HOOKKEEPER_JOURNAL',
  value: 'DIR',
  default: SERVE_DEFAULTS.journalDir,
  help: 'the folder of the journal; it should outlive the container',
};

export const GRACE: Option = {
  flag: 'grace',
  env: 'HOOKKEEPER_GRACE_PERIOD',
  value: 'DURATION',
  default: undefined,
  help: "the grace period to plan with or to rehearse, over the config's: 30s",
};
