/**
 * One call between apps in the ledger and in the log, and the clients that write down what becomes of it.
 */
import { NoResponder } from '../ports/no-responder.ts';
import { errorLine } from '../base/error-line.ts';
import type { Place } from '../ops/op.ts';
import type { EventFailure, FetchClient, RunningEvent } from '../ports/event-client.ts';
import type { HostBody } from '../ports/host-body.ts';
import type { Origin, SessionClient } from '../ports/invoker.ts';
import type { MessageSocket } from '../ports/message-socket.ts';
import type { Observer } from '../ports/observer.ts';
import { ClientErrors } from '../protocol/errors.ts';
import type { InFlightLedger } from './sites.ts';
import type { AppVersion } from './version.ts';

/** One call's line in the log, and its mark in the ledger. */
export class CallRecord {
  event: { readonly cpuMs: number | undefined } | undefined;
  coldStart = false;
  readonly #version: AppVersion;
  readonly #origin: Origin;
  readonly #requestId: string;
  readonly #what: { method: string; url: string };
  readonly #to: { ledger: InFlightLedger; observer: Observer };
  readonly #started = performance.now();
  #isOver = false;

  /** @param what method and URL of a request, or "RPC" and the path of a call */
  constructor(
    version: AppVersion,
    origin: Origin,
    requestId: string,
    what: { method: string; url: string },
    to: { ledger: InFlightLedger; observer: Observer },
  ) {
    this.#what = what;
    this.#version = version;
    this.#origin = origin;
    this.#requestId = requestId;
    this.#to = to;
    to.ledger.begin(version.record.slot);
  }

  end(status: number, bytesOut: number, outcome: string, error?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { name: app, version, slot } = this.#version.record;
    const { host, path } = placeOf(this.#what.url);
    this.#to.ledger.end(slot);
    this.#to.observer.request({
      app,
      version,
      requestId: this.#requestId,
      parent: this.#origin.requestId,
      method: this.#what.method,
      host,
      path,
      status,
      durationMs: performance.now() - this.#started,
      cpuMs: this.event?.cpuMs ?? 0,
      bytesIn: 0,
      bytesOut,
      coldStart: this.coldStart,
      outcome,
      ...(error === undefined ? {} : { error }),
    });
  }

  failed({ name, error }: EventFailure): void {
    const { status, outcome } = ClientErrors[name];
    this.end(status, 0, outcome, errorLine(error));
  }
}

/** Host and path of "http://host/path?query". */
function placeOf(url: string): { host: string; path: string } {
  const start = url.indexOf('://') + 3;
  const slash = url.indexOf('/', start);
  if (start === 2 || slash === -1) return { host: '', path: url };
  const query = url.indexOf('?', slash);
  return { host: url.slice(start, slash), path: query === -1 ? url.slice(slash) : url.slice(slash, query) };
}

/** The client of a fetch event, with what it hears written down. */
export class RecordedFetch implements FetchClient {
  readonly #client: FetchClient;
  readonly #record: CallRecord;
  #status = 0;
  #bytes = 0;

  constructor(client: FetchClient, record: CallRecord) {
    this.#client = client;
    this.#record = record;
  }

  started(event: RunningEvent, coldStart: boolean): void {
    this.#record.event = event;
    this.#record.coldStart = coldStart;
    this.#client.started(event, coldStart);
  }

  send(status: number, statusText: string, headers: string, body: string | Uint8Array | undefined, isEncoded?: boolean): void {
    this.#client.send(status, statusText, headers, body, isEncoded);
    this.#record.end(status, body?.length ?? 0, 'ok');
  }

  start(status: number, statusText: string, headers: string, isEncoded?: boolean, said?: string): boolean {
    this.#status = status;
    return this.#client.start(status, statusText, headers, isEncoded, said);
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    this.#bytes += chunk.byteLength;
    return this.#client.write(chunk);
  }

  end(): void {
    this.#client.end();
    this.#record.end(this.#status, this.#bytes, 'ok');
  }

  abort(failure?: EventFailure): void {
    this.#client.abort(failure);
    if (failure === undefined) this.#record.end(this.#status, this.#bytes, 'responseAborted');
    else this.#record.failed(failure);
  }

  pipe(status: number, statusText: string, headers: string, body: HostBody, isEncoded?: boolean): Promise<void> {
    const piped = this.#client.pipe(status, statusText, headers, body, isEncoded);
    this.#record.end(status, 0, 'ok');
    return piped;
  }

  upgrade(headers: string): MessageSocket | undefined {
    const socket = this.#client.upgrade?.(headers);
    this.#record.end(101, 0, 'ok');
    return socket;
  }

  fail(failure: EventFailure): void {
    this.#client.fail(failure);
    this.#record.failed(failure);
  }

  ended(): void {
    this.#client.ended?.();
    this.#record.end(this.#status, this.#bytes, 'clientClosed');
  }
}

/** The same for an event that is called. */
export class RecordedSession extends NoResponder implements SessionClient<Place> {
  readonly #client: SessionClient<Place>;
  readonly #record: CallRecord;

  constructor(client: SessionClient<Place>, record: CallRecord) {
    super();
    this.#client = client;
    this.#record = record;
  }

  opened(home: Place): readonly unknown[] {
    return this.#client.opened(home);
  }

  completed(): void {
    this.#record.end(200, 0, 'ok');
  }

  fail(failure: EventFailure): void {
    this.#client.fail(failure);
    this.#record.failed(failure);
  }

  ended(): void {
    this.#client.ended();
    this.#record.end(0, 0, 'clientClosed');
  }
}
