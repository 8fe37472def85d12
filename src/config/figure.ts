/**
 * A number that a kind of task measures, beside how it ended. It becomes a metric of its own, with the labels hook, container
 * and task; who counts it knows nothing of the kind.
 */
export interface Figure {
  /** The metric's name as Prometheus asks: `hookkeeper_`, the unit behind, `_total` for a counter. */
  readonly name: `hookkeeper_${string}`;
  /** A counter grows by the value, a gauge is set to it. */
  readonly type: 'counter' | 'gauge';
  readonly help: string;
}
