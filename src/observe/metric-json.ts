/** Metrics as data, in the shape prom-client merges: how engines hand theirs to the supervisor. */
import client from 'prom-client';

export type MetricValue = { value: number; labels: Record<string, string | number>; metricName?: string };
export type MetricJson = {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  values: MetricValue[];
  aggregator: 'sum' | 'max' | 'first';
};

/** Values of the same name and labels are added up (or what `aggregator` says). */
export function mergeMetrics(sets: readonly (readonly MetricJson[])[]): client.Registry {
  // prom-client's own types describe what its registries produce, which is this shape.
  return client.AggregatorRegistry.aggregate(sets as unknown as object[]);
}

/** What a dead engine counted still happened; what it held is gone. */
export function lasting(metrics: readonly MetricJson[]): MetricJson[] {
  return metrics.filter((metric) => metric.type !== 'gauge');
}

/** Metrics from an engine's message; nothing where it is not what it should be. */
export function parseMetrics(text: string): MetricJson[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? (parsed as MetricJson[]) : [];
  } catch {
    return [];
  }
}
