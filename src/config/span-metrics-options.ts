/** The option `spanMetrics`: which spans are measured, and by which of their attributes. */

/** Spans that are local roots, or of kind server, client, producer or consumer, are measured in any case. */
export interface SpanMetricsOptions {
  /** Further spans by their names; `*` stands for any characters. @default none — env `UPTRACE_SPAN_METRICS_NAMES` */
  names?: readonly (string | RegExp)[]
  /**
   * Attributes of the span whose values are attributes of its series, such as `http.route` or `tenant`: texts, numbers and booleans, as they are when
   * the span ends.
   * @default none — env `UPTRACE_SPAN_METRICS_DIMENSIONS`
   */
  dimensions?: readonly string[]
  /** What is beyond so many series counts in one with `otel.metric.overflow`. @default 1_000 */
  maxSeries?: number
}
