/**
 * Who stays resident: samples the isolates now and then, evicts the least recently used beyond the
 * memory budget, lets idle ones go, and gives a hot app more isolates.
 */
import type { Apps } from './apps.ts';
import type { AppVersion } from './version.ts';
import type { Worker } from './worker.ts';

/** What an isolate costs beside its heap: V8's own structures, measured. */
const FIXED_BYTES = 600_000;
/** An app nobody has asked for this long gives its memory back. */
const IDLE_MS = 10 * 60_000;
/** How much longer than a turn may take an isolate may seem to do nothing: V8 gets five seconds to stop a turn. */
const STALLED_MS = 7000;
/** How far beyond its memory limit an isolate may be measured: V8 lets its heap go over for a while, too. */
const GRACE = 1.5;
/** What the workers that an app has loaded may have together, in multiples of its memory limit, which each of them has too. */
const LOADED_SHARE = 4;
/** Share of one CPU above which an app's isolate counts as hot. */
const HOT = 0.7;

export type BudgetOptions = {
  budgetBytes: number;
  /** Isolates, however small: each takes memory maps, of which the system gives a process only so many. */
  mostIsolates?: number;
  intervalMs?: number;
  now?: () => number;
};

export type Residency = { isolates: number; heapBytes: number; externalBytes: number; byApp: Map<string, AppResidency> };

export type AppResidency = { isolates: number; heapBytes: number; externalBytes: number; wasmBytes: number };

type Resident = { version: AppVersion; worker: Worker };

export class Budget {
  readonly #apps: Apps;
  readonly #options: BudgetOptions;
  readonly #bytes = new WeakMap<Worker, { heap: number; external: number; wasm: number; measuredAt: number }>();
  readonly #progress = new WeakMap<Worker, { progress: number; since: number }>();
  readonly #measuring = new WeakSet<Worker>();
  #stopped = false;
  readonly #now: () => number;
  readonly #onCpu: (app: string, milliseconds: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #last: number;

  constructor(apps: Apps, options: BudgetOptions, onCpu: (app: string, milliseconds: number) => void) {
    this.#apps = apps;
    this.#options = options;
    this.#onCpu = onCpu;
    this.#now = options.now ?? (() => performance.now());
    this.#last = this.#now();
  }

  start(): void {
    this.#timer = setInterval(() => void this.tick(), this.#options.intervalMs ?? 1000);
    this.#timer.unref();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  /** One round: CPU, heat, idleness, memory. */
  async tick(): Promise<void> {
    const now = this.#now();
    const elapsed = Math.max(1, now - this.#last);
    this.#last = now;
    const measured: Promise<void>[] = [];
    for (const version of this.#apps.versions()) {
      for (const worker of [...version.workers]) {
        if (this.#isStalled(worker, now)) {
          version.stop(worker);
          continue;
        }
        const cpu = worker.takeCpu();
        if (cpu > 0) this.#onCpu(version.record.name, cpu);
        if (cpu / elapsed > HOT) version.grow();
        if (worker.inFlight === 0 && now - worker.lastUsed > IDLE_MS && !version.isPerRequest) version.evict(worker, 'idle');
        else if (worker.inFlight === 0) measured.push(this.#measure(worker, now));
        // The measurement of a busy isolate waits for its turn, which eviction must not.
        else void this.#measure(worker, now);
      }
      const gone = version.takeCpuOfGone();
      if (gone > 0) this.#onCpu(version.record.name, gone);
      version.forgetContentIfIdle(now, IDLE_MS);
    }
    this.#apps.settle();
    await Promise.all(measured);
    if (this.#stopped) return;
    this.#boundLoaded();
    this.#evictBeyondBudget();
  }

  /** Memory of what is resident, as last sampled. */
  residency(): Residency {
    const total: Residency = { isolates: 0, heapBytes: 0, externalBytes: 0, byApp: new Map() };
    for (const version of this.#apps.versions()) {
      for (const worker of version.workers) {
        const bytes = this.#bytes.get(worker);
        const app = total.byApp.get(version.record.name) ?? { isolates: 0, heapBytes: 0, externalBytes: 0, wasmBytes: 0 };
        app.isolates++;
        app.heapBytes += bytes?.heap ?? 0;
        app.externalBytes += bytes?.external ?? 0;
        app.wasmBytes += bytes?.wasm ?? 0;
        total.byApp.set(version.record.name, app);
        total.isolates++;
        total.heapBytes += bytes?.heap ?? 0;
        total.externalBytes += (bytes?.external ?? 0) + (bytes?.wasm ?? 0);
      }
    }
    return total;
  }

  /** Heap and external bytes of an app's isolates, or of all, as last sampled. */
  countedBytes(app: string | undefined): number {
    if (app === undefined) {
      const { heapBytes, externalBytes } = this.residency();
      return heapBytes + externalBytes;
    }
    let bytes = 0;
    for (const version of this.#apps.get(app)?.family() ?? []) {
      for (const worker of version.workers) {
        const known = this.#bytes.get(worker);
        bytes += (known?.heap ?? 0) + (known?.external ?? 0) + (known?.wasm ?? 0);
      }
    }
    return bytes;
  }

  /** Has nothing come back from the isolate for longer than V8 lets a turn run? */
  #isStalled(worker: Worker, now: number): boolean {
    const { progress } = worker;
    const seen = this.#progress.get(worker);
    if (progress === undefined) this.#progress.delete(worker);
    else if (seen?.progress !== progress) this.#progress.set(worker, { progress, since: now });
    else return now - seen.since > worker.limits.cpuMs + STALLED_MS;
    return false;
  }

  /** Measures a worker that has been used since it was measured last. */
  async #measure(worker: Worker, now: number): Promise<void> {
    const known = this.#bytes.get(worker);
    if (this.#measuring.has(worker) || (known !== undefined && worker.inFlight === 0 && worker.lastUsed < known.measuredAt)) return;
    this.#measuring.add(worker);
    const heap = await worker.measure();
    this.#measuring.delete(worker);
    if (heap === undefined) return;
    this.#bytes.set(worker, { heap: heap.totalBytes, external: heap.externalBytes, wasm: heap.wasmBytes ?? 0, measuredAt: now });
    // V8 keeps heap and array buffers within the limit itself; what is beyond it, with some grace, is WebAssembly's.
    if (heap.usedBytes + heap.externalBytes + (heap.wasmBytes ?? 0) > worker.limits.memoryMb * 1024 * 1024 * GRACE) worker.outgrown();
  }

  /** Of the workers that one app has loaded the least recently used go until the rest has its share; where all are at work, the largest are ended. */
  #boundLoaded(): void {
    const families = new Map<string, Resident[]>();
    for (const version of this.#apps.versions()) {
      if (version.loadedAs === undefined) continue;
      const { name } = version.record;
      const family = families.get(name) ?? [];
      families.set(name, family);
      for (const worker of version.workers) family.push({ version, worker });
    }
    for (const family of families.values()) {
      let bytes = family.reduce((sum, { worker }) => sum + this.#cost(worker), 0);
      const most = (family[0]?.worker.limits.memoryMb ?? 0) * LOADED_SHARE * 1024 * 1024;
      const idle = family.filter(({ worker }) => worker.inFlight === 0).sort((a, b) => a.worker.lastUsed - b.worker.lastUsed);
      const busy = family.filter(({ worker }) => worker.inFlight > 0).sort((a, b) => this.#cost(b.worker) - this.#cost(a.worker));
      for (const { version, worker } of [...idle, ...busy]) {
        if (bytes <= most) break;
        bytes -= this.#cost(worker);
        if (worker.inFlight === 0) version.evict(worker, 'memory');
        else worker.outgrown();
      }
    }
  }

  #evictBeyondBudget(): void {
    const resident: Resident[] = [];
    let bytes = 0;
    for (const version of this.#apps.versions()) {
      for (const worker of version.workers) {
        resident.push({ version, worker });
        bytes += this.#cost(worker);
      }
    }
    const { budgetBytes, mostIsolates = Number.POSITIVE_INFINITY } = this.#options;
    let count = resident.length;
    if (bytes <= budgetBytes && count <= mostIsolates) return;
    resident.sort((a, b) => a.worker.lastUsed - b.worker.lastUsed);
    for (const { version, worker } of resident) {
      if (bytes <= budgetBytes && count <= mostIsolates) return;
      if (worker.inFlight > 0) continue;
      count--;
      bytes -= this.#cost(worker);
      version.evict(worker, 'memory');
    }
  }

  #cost(worker: Worker): number {
    const known = this.#bytes.get(worker);
    return FIXED_BYTES + (known === undefined ? FIXED_BYTES : known.heap + known.external + known.wasm);
  }
}
