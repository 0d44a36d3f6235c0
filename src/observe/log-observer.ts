/**
 * What the data plane tells, as log lines. The request line is the hot path: it is built by hand, and where
 * `info` is not written the methods that would write it are no-ops.
 */
import { errorLine } from '../base/error-line.ts';
import { type SecretMask, secretMaskOf } from '../base/secret-mask.ts';
import { type ConsoleRecord, type EventRecord, type LimitName, Observer, type RequestRecord } from '../ports/observer.ts';
import type { AppRecord } from '../protocol/engine.ts';
import type { Log } from './log.ts';

/** A longer text is cut: one console call must not fill the log. */
const MAX_TEXT = 64 * 1024;

export class LogObserver extends Observer {
  readonly #log: Log;
  readonly #masks = new Map<string, SecretMask>();
  /** Rows that have not changed are the same objects as before. */
  readonly #known = new WeakMap<AppRecord, SecretMask | undefined>();
  readonly #requests: boolean;
  #stampAt = 0;
  #stamp = '';

  constructor(log: Log) {
    super();
    this.#log = log;
    this.#requests = log.enabled('info');
  }

  /** Learns which values must not appear in lines of which app: the whole table, as it comes from the supervisor. */
  setApps(apps: readonly AppRecord[]): void {
    this.#masks.clear();
    for (const app of apps) {
      if (!this.#known.has(app)) this.#known.set(app, secretMaskOf(app));
      const mask = this.#known.get(app);
      if (mask !== undefined) this.#masks.set(app.name, mask);
    }
  }

  override request(record: RequestRecord): void {
    if (!this.#requests) return;
    const mask = this.#masks.get(record.app);
    const path = mask === undefined ? record.path : mask.mask(record.path);
    let line = `{"level":"info","time":"${this.#time()}","event":"request","app":"${record.app}","version":"${record.version}","requestId":${JSON.stringify(record.requestId)},"method":"${record.method}","host":${JSON.stringify(record.host)},"path":${JSON.stringify(path)},"status":${record.status},"durationMs":${round(record.durationMs)},"cpuMs":${round(record.cpuMs)},"bytesIn":${record.bytesIn},"bytesOut":${record.bytesOut},"outcome":"${record.outcome}"`;
    if (record.parent !== undefined) line += `,"parent":${JSON.stringify(record.parent)}`;
    if (record.coldStart) line += ',"coldStart":true';
    if (record.error !== undefined) line += `,"error":${JSON.stringify(this.#masked(record.app, record.error))}`;
    this.#log.raw(`${line},"msg":"request"}\n`);
  }

  override event({ kind, detail, durationMs, cpuMs, coldStart, error, ...record }: EventRecord): void {
    if (!this.#requests) return;
    const more = { ...(coldStart ? { coldStart } : {}), ...(error === undefined ? {} : { error: this.#masked(record.app, error) }) };
    this.#log.info(kind, { event: kind, ...record, ...detail, durationMs: round(durationMs), cpuMs: round(cpuMs), ...more });
  }

  override console(record: ConsoleRecord): void {
    const level = record.level === 'log' ? 'info' : record.level;
    if (!this.#log.enabled(level)) return;
    this.#log[level](this.#masked(record.app, record.text), { event: 'console', app: record.app, version: record.version, requestId: record.requestId });
  }

  override exception(
    app: string,
    version: string,
    requestId: string | undefined,
    where: string,
    error: { name: string; message: string; stack: string },
  ): void {
    const stack = this.#masked(app, error.stack);
    this.#log.error(this.#masked(app, errorLine(error)), { event: 'exception', app, version, requestId, where, stack });
  }

  override limit(app: string, version: string, requestId: string | undefined, limit: LimitName, detail: string): void {
    this.#log.warn(this.#masked(app, detail), { event: 'limit', app, version, requestId, limit });
  }

  override coldStart(app: string, milliseconds: number, warmSpare: boolean): void {
    this.#log.debug('cold start', { event: 'coldStart', app, durationMs: round(milliseconds), warmSpare });
  }

  override eviction(app: string, reason: 'memory' | 'idle' | 'condemned' | 'replaced'): void {
    this.#log.debug('isolate evicted', { event: 'eviction', app, reason });
  }

  override warn(message: string, fields: Record<string, unknown>): void {
    this.#log.warn(message, fields);
  }

  #masked(app: string, text: string): string {
    const masked = this.#masks.get(app)?.mask(text) ?? text;
    return masked.length > MAX_TEXT ? `${masked.slice(0, MAX_TEXT)}… (${masked.length - MAX_TEXT} characters more)` : masked;
  }

  /** Many requests share a millisecond; formatting the date is the dearest part of a line. */
  #time(): string {
    const now = Date.now();
    if (now !== this.#stampAt) {
      this.#stampAt = now;
      this.#stamp = new Date(now).toISOString();
    }
    return this.#stamp;
  }
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
