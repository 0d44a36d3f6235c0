/** What the supervisor itself counts, and everything together as Prometheus reads it. */
import client from 'prom-client';
import { residentBytes } from '../base/resident-bytes.ts';
import { lasting, type MetricJson, mergeMetrics, parseMetrics } from './metric-json.ts';

export type PlatformGauges = {
  /** Apps by state: ready, broken, quarantined. */
  apps: Readonly<Record<string, number>>;
  /** Engine processes by trust group, then by state: booting, ready, listening, leaving. Fronts are under "". */
  engines: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By app: what it has stored, in bytes by product, and how much that may be (null: no limit). */
  storage: Readonly<Record<string, { bytes: Readonly<Record<string, number>>; limit: number | null }>>;
};

const LIMIT_HITS = 'nano_limit_hits_total';
export const BLAMES = 'nano_engine_deaths_total';

export class PlatformMetrics {
  readonly #registry = new client.Registry();
  readonly #restarts: client.Counter<'cause'>;
  readonly #quarantines: client.Counter<'app'>;
  readonly #blames: client.Counter<'app'>;
  readonly #builds: client.Counter<'result'>;
  readonly #apps: client.Gauge<'state'>;
  readonly #engines: client.Gauge<'state' | 'group'>;
  readonly #storage: client.Gauge<'app' | 'product'>;
  readonly #quotas: client.Gauge<'app'>;
  readonly #fronts: client.Gauge<'state'>;
  readonly #resident: client.Gauge;
  /** What engines counted that are gone: a sum must not fall because an engine died. */
  #past: MetricJson[] = [];

  constructor(version: string) {
    const registers = [this.#registry];
    this.#restarts = new client.Counter({
      name: 'nano_engine_restarts_total',
      help: 'Engines that ended without being told to, by cause.',
      labelNames: ['cause'],
      registers,
    });
    this.#quarantines = new client.Counter({ name: 'nano_quarantines_total', help: 'Apps put into quarantine.', labelNames: ['app'], registers });
    this.#blames = new client.Counter({
      name: BLAMES,
      help: 'Engines that ended because of an app, or with requests of it in flight.',
      labelNames: ['app'],
      registers,
    });
    this.#builds = new client.Counter({ name: 'nano_builds_total', help: 'Builds of apps, by result.', labelNames: ['result'], registers });
    this.#apps = new client.Gauge({ name: 'nano_apps', help: 'Apps by state.', labelNames: ['state'], registers });
    this.#engines = new client.Gauge({ name: 'nano_engines', help: 'Engine processes by state and trust group.', labelNames: ['state', 'group'], registers });
    this.#storage = new client.Gauge({ name: 'nano_app_storage_bytes', help: 'What apps have stored, by product.', labelNames: ['app', 'product'], registers });
    this.#quotas = new client.Gauge({ name: 'nano_app_storage_limit_bytes', help: 'What apps may have stored.', labelNames: ['app'], registers });
    this.#fronts = new client.Gauge({
      name: 'nano_fronts',
      help: 'Front processes by state; none where all apps are of one group.',
      labelNames: ['state'],
      registers,
    });
    this.#resident = new client.Gauge({ name: 'nano_supervisor_resident_bytes', help: 'Resident memory of the supervisor.', registers });
    const info = new client.Gauge({ name: 'nano_info', help: 'Versions in use.', labelNames: ['version', 'node', 'v8'], registers });
    info.set({ version, node: process.versions.node, v8: process.versions.v8 }, 1);
    for (const cause of ['crash', 'catastrophe']) this.#restarts.inc({ cause }, 0);
  }

  engineDied(cause: 'crash' | 'catastrophe'): void {
    this.#restarts.inc({ cause });
  }

  /** @param lastMetrics as the engine last answered */
  engineGone(lastMetrics: readonly string[]): void {
    const last = lasting(sumSets(lastMetrics.map(parseMetrics)));
    if (last.length === 0) return;
    this.#past = sumSets([this.#past, last]);
  }

  quarantined(app: string): void {
    this.#quarantines.inc({ app });
  }

  /** A limit was hit that another process than an engine keeps. */
  limitHit(app: string, limit: string, count: number): void {
    const metric: MetricJson = {
      name: LIMIT_HITS,
      help: 'Limits that were hit.',
      type: 'counter',
      aggregator: 'sum',
      values: [{ labels: { app, limit }, value: count }],
    };
    this.#past = sumSets([this.#past, [metric]]);
  }

  /** An engine ended because of an app, or with requests of it in flight. */
  blamed(app: string): void {
    this.#blames.inc({ app });
  }

  /** Values of one metric that are about one app, summed over engines, by another label ("" where there is none). */
  async ofApp(app: string, engines: readonly string[]): Promise<(name: string, label?: string) => Record<string, number>> {
    const sums = new Map(sumSets([this.#past, ...engines.map(parseMetrics)]).map((metric) => [metric.name, metric.values]));
    sums.set(BLAMES, (await this.#blames.get()).values as MetricJson['values']);
    return (name, label = '') => {
      const found: Record<string, number> = {};
      for (const { labels, value } of sums.get(name) ?? []) {
        if (labels['app'] !== app) continue;
        const key = String(labels[label] ?? '');
        found[key] = (found[key] ?? 0) + value;
      }
      return found;
    };
  }

  built(result: 'new' | 'same' | 'broken'): void {
    this.#builds.inc({ result });
  }

  /** @param engines what living engines answered */
  async text(engines: readonly string[], gauges: PlatformGauges): Promise<string> {
    this.#apps.reset();
    for (const [state, count] of Object.entries(gauges.apps)) this.#apps.set({ state }, count);
    this.#engines.reset();
    this.#fronts.reset();
    for (const [group, states] of Object.entries(gauges.engines)) {
      for (const [state, count] of Object.entries(states)) {
        if (group === '') this.#fronts.set({ state }, count);
        else this.#engines.set({ state, group }, count);
      }
    }
    this.#storage.reset();
    this.#quotas.reset();
    for (const [app, { bytes, limit }] of Object.entries(gauges.storage)) {
      for (const [product, count] of Object.entries(bytes)) this.#storage.set({ app, product }, count);
      if (limit !== null) this.#quotas.set({ app }, limit);
    }
    this.#resident.set(residentBytes());
    const merged = mergeMetrics([this.#past, ...engines.map(parseMetrics)]);
    return (await this.#registry.metrics()) + (await merged.metrics());
  }
}

function sumSets(sets: readonly (readonly MetricJson[])[]): MetricJson[] {
  const byName = new Map<string, MetricJson>();
  for (const metric of sets.flat()) {
    const sum = byName.get(metric.name);
    if (sum === undefined) byName.set(metric.name, { ...metric, values: metric.values.map((value) => ({ ...value })) });
    else addValues(sum, metric);
  }
  return [...byName.values()];
}

function addValues(sum: MetricJson, metric: MetricJson): void {
  const key = (value: MetricJson['values'][number]): string => `${value.metricName ?? ''}${JSON.stringify(Object.entries(value.labels).sort())}`;
  const known = new Map(sum.values.map((value) => [key(value), value]));
  for (const value of metric.values) {
    const same = known.get(key(value));
    if (same === undefined) sum.values.push({ ...value });
    else same.value += value.value;
  }
}
