/**
 * The data plane's counters. The hot path adds to plain numbers; names, labels and buckets are put together
 * only when somebody asks.
 */
import { getHeapStatistics } from 'node:v8';
import { residentBytes } from '../base/resident-bytes.ts';
import { type EventRecord, type LimitName, Observer, type RequestRecord } from '../ports/observer.ts';
import { Histogram } from './histogram.ts';
import type { MetricJson, MetricValue } from './metric-json.ts';

/** What only the isolate pool knows, asked for when metrics are. */
export type IsolateGauges = {
  /** Isolates by what they are doing: "active", "idle", "spare", "condemned"… */
  isolates: Readonly<Record<string, number>>;
  /** Heap and array buffers of all isolates together. */
  heapBytes: number;
  /** The same, app by app. */
  byApp?: ReadonlyMap<string, HeldByApp>;
};

type HeldByApp = { isolates: number; heapBytes: number; externalBytes: number; wasmBytes: number };

type Counts = Map<string, number>;

/** Milliseconds that metrics are put together for, before others get a turn, and how many times as long that is. */
const TURN_MS = 0.3;
const REST = 3;
/** Of one text. A value with its labels has a few hundred letters at most. */
const MOST_VALUES = 2000;

class AppCounters {
  /** Index 1 to 5 is the status class; 0 is what has none. */
  readonly statuses = new Float64Array(6);
  readonly duration = new Histogram();
  cpuMs = 0;
  bytesIn = 0;
  bytesOut = 0;
  exceptions = 0;
  coldSpare = 0;
  coldAlone = 0;
  /** Events without a client, by kind and outcome; messages by queue and result. */
  readonly events: Counts = new Map();
  readonly messages: Counts = new Map();
  readonly evictions: Counts = new Map();
  readonly limits: Counts = new Map();
  readonly subrequests: Counts = new Map();
}

export class MetricsObserver extends Observer {
  readonly #apps = new Map<string, AppCounters>();
  readonly #coldStart = new Histogram();
  readonly #gauges: () => IsolateGauges;

  constructor(gauges: () => IsolateGauges = () => ({ isolates: {}, heapBytes: 0 })) {
    super();
    this.#gauges = gauges;
  }

  /** Forgets apps that are gone, so that their series do not pile up for ever. */
  setApps(apps: readonly { name: string }[]): void {
    const names = new Set(apps.map((app) => app.name));
    for (const name of this.#apps.keys()) if (!names.has(name)) this.#apps.delete(name);
  }

  override request(record: RequestRecord): void {
    const app = this.#app(record.app);
    const kind = record.status >= 100 && record.status < 600 ? Math.floor(record.status / 100) : 0;
    app.statuses[kind] = (app.statuses[kind] as number) + 1;
    app.duration.observe(record.durationMs / 1000);
    app.bytesIn += record.bytesIn;
    app.bytesOut += record.bytesOut;
  }

  override event({ app, kind, outcome }: EventRecord): void {
    increment(this.#app(app).events, `${kind} ${outcome}`);
  }

  override messages(app: string, queue: string, acked: number, retried: number): void {
    const { messages } = this.#app(app);
    if (acked > 0) increment(messages, `${queue} acked`, acked);
    if (retried > 0) increment(messages, `${queue} retried`, retried);
  }

  override exception(app: string): void {
    this.#app(app).exceptions++;
  }

  override limit(app: string, _version: string, _requestId: string | undefined, limit: LimitName): void {
    increment(this.#app(app).limits, limit);
  }

  override coldStart(app: string, milliseconds: number, warmSpare: boolean): void {
    const counters = this.#app(app);
    if (warmSpare) counters.coldSpare++;
    else counters.coldAlone++;
    this.#coldStart.observe(milliseconds / 1000);
  }

  override eviction(app: string, reason: string): void {
    increment(this.#app(app).evictions, reason);
  }

  override subrequest(app: string, outcome: string): void {
    increment(this.#app(app).subrequests, outcome);
  }

  override cpu(app: string, milliseconds: number): void {
    this.#app(app).cpuMs += milliseconds;
  }

  /**
   * For the answer to the supervisor's "metrics" message: texts that `parseMetrics` reads, of some apps each. With many apps all
   * of it takes tens of milliseconds: requests get their turn between two texts.
   */
  async *collect(): AsyncGenerator<string> {
    let since = performance.now();
    for (const text of this.#texts()) {
      yield text;
      const rest = REST * (performance.now() - since);
      await new Promise((resolve) => setTimeout(resolve, rest));
      since = performance.now();
    }
  }

  *#texts(): Generator<string> {
    const gauges = this.#gauges();
    let series = new AppSeries();
    let since = performance.now();
    for (const app of new Set([...this.#apps.keys(), ...(gauges.byApp?.keys() ?? [])])) {
      series.add(app, this.#apps.get(app), gauges.byApp?.get(app));
      if (performance.now() - since < TURN_MS) continue;
      yield* textsOf(series.metrics);
      series = new AppSeries();
      since = performance.now();
    }
    yield* textsOf([...series.metrics, ...this.#own(gauges)]);
  }

  /** What is no app's. */
  #own(gauges: IsolateGauges): MetricJson[] {
    const coldTimes: MetricValue[] = [];
    this.#coldStart.values('nano_cold_start_seconds', {}, coldTimes);
    const isolates = Object.entries(gauges.isolates).map(([state, value]) => ({ value, labels: { state } }));
    return [
      metric('histogram', 'nano_cold_start_seconds', 'Time to start an isolate for a waiting event.', coldTimes),
      metric('gauge', 'nano_isolates', 'Isolates by state.', isolates),
      metric('gauge', 'nano_isolate_heap_bytes', 'Heap and array buffers of all isolates.', [{ value: gauges.heapBytes, labels: {} }]),
      metric('gauge', 'nano_engine_resident_bytes', 'Resident memory of the engine processes.', [{ value: residentBytes(), labels: {} }]),
      metric('gauge', 'nano_engine_heap_bytes', "JavaScript heap of the engines' own code.", [{ value: getHeapStatistics().used_heap_size, labels: {} }]),
    ];
  }

  #app(name: string): AppCounters {
    let counters = this.#apps.get(name);
    if (counters === undefined) {
      counters = new AppCounters();
      this.#apps.set(name, counters);
    }
    return counters;
  }
}

/** The series of some apps. */
class AppSeries {
  readonly metrics: MetricJson[] = [];
  readonly #requests = this.#series('counter', 'nano_requests_total', 'Requests answered, by app and status class.');
  readonly #durations = this.#series('histogram', 'nano_request_duration_seconds', 'From the request head to the end of the response.');
  readonly #cpu = this.#series('counter', 'nano_cpu_seconds_total', 'CPU time used by isolates.');
  readonly #bytes = this.#series('counter', 'nano_body_bytes_total', 'Bytes that came with requests, heads included, and bytes of response bodies.');
  readonly #exceptions = this.#series('counter', 'nano_exceptions_total', 'Exceptions that no handler caught.');
  readonly #colds = this.#series('counter', 'nano_cold_starts_total', 'Isolates started for a waiting event.');
  readonly #evictions = this.#series('counter', 'nano_evictions_total', 'Isolates taken away, by reason.');
  readonly #events = this.#series('counter', 'nano_events_total', 'Cron ticks and batches of messages, by kind and outcome.');
  readonly #messages = this.#series('counter', 'nano_queue_messages_total', 'Messages handed to apps, by queue and what became of them.');
  readonly #limits = this.#series('counter', 'nano_limit_hits_total', 'Limits that were hit.');
  readonly #subrequests = this.#series('counter', 'nano_subrequests_total', 'Outgoing requests of apps, by outcome.');
  readonly #isolates = this.#series('gauge', 'nano_app_isolates', 'Isolates of each app.');
  readonly #memory = this.#series('gauge', 'nano_app_memory_bytes', 'Memory of the isolates of each app, as last sampled, by kind.');

  add(app: string, counters: AppCounters | undefined, held: HeldByApp | undefined): void {
    if (counters !== undefined) this.#count(app, counters);
    if (held === undefined) return;
    this.#isolates.push({ value: held.isolates, labels: { app } });
    for (const [kind, value] of [['heap', held.heapBytes] as const, ['external', held.externalBytes] as const, ['wasm', held.wasmBytes] as const])
      this.#memory.push({ value, labels: { app, kind } });
  }

  #count(app: string, counters: AppCounters): void {
    counters.statuses.forEach((value, kind) => {
      if (value > 0) this.#requests.push({ value, labels: { app, status: kind === 0 ? 'none' : `${kind}xx` } });
    });
    counters.duration.values('nano_request_duration_seconds', { app }, this.#durations);
    this.#cpu.push({ value: counters.cpuMs / 1000, labels: { app } });
    this.#bytes.push({ value: counters.bytesIn, labels: { app, direction: 'in' } }, { value: counters.bytesOut, labels: { app, direction: 'out' } });
    this.#exceptions.push({ value: counters.exceptions, labels: { app } });
    this.#colds.push({ value: counters.coldSpare, labels: { app, spare: 'true' } }, { value: counters.coldAlone, labels: { app, spare: 'false' } });
    pushAll(this.#evictions, counters.evictions, 'reason', app);
    pushAll(this.#limits, counters.limits, 'limit', app);
    pushPairs(this.#events, counters.events, ['kind', 'outcome'], app);
    pushPairs(this.#messages, counters.messages, ['queue', 'result'], app);
    pushAll(this.#subrequests, counters.subrequests, 'outcome', app);
  }

  #series(type: MetricJson['type'], name: string, help: string): MetricValue[] {
    const values: MetricValue[] = [];
    this.metrics.push(metric(type, name, help, values));
    return values;
  }
}

/** As texts none of which is too long for a message, whatever one app has counted. */
function* textsOf(metrics: readonly MetricJson[]): Generator<string> {
  let piece: MetricJson[] = [];
  let room = MOST_VALUES;
  for (const metric of metrics) {
    for (let at = 0; at === 0 || at < metric.values.length; ) {
      const values = metric.values.slice(at, at + room);
      piece.push({ ...metric, values });
      at += room;
      room -= values.length;
      if (room > 0) continue;
      yield JSON.stringify(piece);
      piece = [];
      room = MOST_VALUES;
    }
  }
  if (piece.length > 0) yield JSON.stringify(piece);
}

function increment(counts: Counts, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/** As `pushAll`, with keys of two words. */
function pushPairs(into: MetricValue[], counts: Counts, [first, second]: readonly [string, string], app: string): void {
  for (const [key, value] of counts) {
    const [one = '', other = ''] = key.split(' ');
    into.push({ value, labels: { app, [first]: one, [second]: other } });
  }
}

function pushAll(into: MetricValue[], counts: Counts, label: string, app: string): void {
  for (const [key, value] of counts) into.push({ value, labels: { app, [label]: key } });
}

function metric(type: MetricJson['type'], name: string, help: string, values: MetricValue[]): MetricJson {
  return { name, help, type, values, aggregator: 'sum' };
}
