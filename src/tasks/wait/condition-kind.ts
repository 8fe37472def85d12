import type { Condition } from '../../config/condition.ts';

/** A condition as it stands in the config; its problems and uses have paths that begin below the key of its kind. */
export interface TaskCondition extends Condition {
  /** How often to look while waiting unless told, in ms: by what a look costs, us and the target. */
  readonly everyMs: number;
}
