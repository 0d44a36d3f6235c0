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

/** Metrics from an engine's message, which a tenant may have taken over; nothing where it is not what it should be. */
export function parseMetrics(text: string): MetricJson[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) && parsed.every(isMetric) ? parsed : [];
  } catch {
    return [];
  }
}

const NAME = /^[a-z_][a-z0-9_]*$/;
const METRIC_FIELDS = 5;
const TYPES: readonly unknown[] = ['counter', 'gauge', 'histogram'];
const AGGREGATORS: readonly unknown[] = ['sum', 'max', 'first'];

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isName = (value: unknown): value is string => typeof value === 'string' && NAME.test(value);

function isMetric(metric: unknown): metric is MetricJson {
  if (!isObject(metric)) return false;
  const { name, help, type, values, aggregator } = metric;
  if (!isName(name) || typeof help !== 'string' || !TYPES.includes(type) || !AGGREGATORS.includes(aggregator)) return false;
  return Object.keys(metric).length === METRIC_FIELDS && Array.isArray(values) && values.every(isValue);
}

function isValue(one: unknown): one is MetricValue {
  if (!isObject(one)) return false;
  const { value, labels, metricName } = one;
  // What else there is would be kept with it.
  if (Object.keys(one).length !== (metricName === undefined ? 2 : 3)) return false;
  if (typeof value !== 'number' || !isObject(labels) || (metricName !== undefined && !isName(metricName))) return false;
  return Object.entries(labels).every(([label, of]) => isName(label) && (typeof of === 'string' || typeof of === 'number'));
}
