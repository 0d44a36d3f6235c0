/** Durations counted into buckets: one search and two additions per observation. */
import type { MetricValue } from './metric-json.ts';

/** Upper bounds in seconds: from a warm hit to a slow upstream. */
const DURATION_BUCKETS: readonly number[] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[] = DURATION_BUCKETS) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(seconds: number): void {
    let index = 0;
    while (index < this.#bounds.length && seconds > (this.#bounds[index] as number)) index++;
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#sum += seconds;
  }

  /** Appends the series in Prometheus's form: buckets are cumulative. */
  values(name: string, labels: Record<string, string>, into: MetricValue[]): void {
    let total = 0;
    for (let index = 0; index < this.#bounds.length; index++) {
      total += this.#counts[index] as number;
      into.push({ metricName: `${name}_bucket`, labels: { le: this.#bounds[index] as number, ...labels }, value: total });
    }
    total += this.#counts[this.#bounds.length] as number;
    into.push({ metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: total });
    into.push({ metricName: `${name}_sum`, labels, value: this.#sum });
    into.push({ metricName: `${name}_count`, labels, value: total });
  }
}
