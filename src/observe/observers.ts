/** Several observers as one. */
import { type ConsoleRecord, type EventRecord, type LimitName, Observer, type RequestRecord } from '../ports/observer.ts';

export class Observers extends Observer {
  readonly #all: readonly Observer[];

  constructor(all: readonly Observer[]) {
    super();
    this.#all = all;
  }

  override request(record: RequestRecord): void {
    for (const one of this.#all) one.request(record);
  }

  override event(record: EventRecord): void {
    for (const one of this.#all) one.event(record);
  }

  override messages(app: string, queue: string, acked: number, retried: number): void {
    for (const one of this.#all) one.messages(app, queue, acked, retried);
  }

  override console(record: ConsoleRecord): void {
    for (const one of this.#all) one.console(record);
  }

  override exception(
    app: string,
    version: string,
    requestId: string | undefined,
    where: string,
    error: { name: string; message: string; stack: string },
  ): void {
    for (const one of this.#all) one.exception(app, version, requestId, where, error);
  }

  override limit(app: string, version: string, requestId: string | undefined, limit: LimitName, detail: string): void {
    for (const one of this.#all) one.limit(app, version, requestId, limit, detail);
  }

  override coldStart(app: string, milliseconds: number, warmSpare: boolean): void {
    for (const one of this.#all) one.coldStart(app, milliseconds, warmSpare);
  }

  override eviction(app: string, reason: 'memory' | 'idle' | 'condemned' | 'replaced'): void {
    for (const one of this.#all) one.eviction(app, reason);
  }

  override subrequest(app: string, outcome: 'ok' | 'failed' | 'refused'): void {
    for (const one of this.#all) one.subrequest(app, outcome);
  }

  override cpu(app: string, milliseconds: number): void {
    for (const one of this.#all) one.cpu(app, milliseconds);
  }

  override warn(message: string, fields: Record<string, unknown>): void {
    for (const one of this.#all) one.warn(message, fields);
  }
}
