/** What the data plane tells about itself. Every method does nothing unless overridden. */

export type RequestRecord = {
  app: string;
  version: string;
  requestId: string;
  /** The request of the worker that called, where one did. */
  parent?: string;
  method: string;
  host: string;
  path: string;
  status: number;
  /** Milliseconds from the head's arrival to the response's end. */
  durationMs: number;
  /** Milliseconds of CPU time used by the isolate for this event, as far as known when the response ended. */
  cpuMs: number;
  bytesIn: number;
  bytesOut: number;
  coldStart: boolean;
  /** "ok", "exception", "exceededCpu", "exceededMemory", "canceled", "clientClosed", … */
  outcome: string;
  error?: string;
};

export type EventKind = 'scheduled' | 'queue' | 'tail';

/** An event that no client asked for. */
export type EventRecord = {
  app: string;
  version: string;
  requestId: string;
  kind: EventKind;
  /** What it was about: cron and scheduledTime, queue and messages. */
  detail: Readonly<Record<string, string | number>>;
  durationMs: number;
  cpuMs: number;
  coldStart: boolean;
  /** As a request's; and "exceededWallTime". */
  outcome: string;
  error?: string;
};

export type ConsoleRecord = { app: string; version: string; requestId: string | undefined; level: 'debug' | 'info' | 'log' | 'warn' | 'error'; text: string };

export type LimitName = 'cpu' | 'memory' | 'startup' | 'subrequests' | 'connections' | 'requestBody' | 'url' | 'headers' | 'waitUntil' | 'logs';

export class Observer {
  request(_record: RequestRecord): void {}
  event(_record: EventRecord): void {}
  /** Messages of a batch: those that are done with, and those to be tried again. */
  messages(_app: string, _queue: string, _acked: number, _retried: number): void {}
  console(_record: ConsoleRecord): void {}
  /** An exception no handler caught, with its stack as the tenant's source has it. */
  exception(_app: string, _version: string, _requestId: string | undefined, _where: string, _error: { name: string; message: string; stack: string }): void {}
  /** A limit was hit; `detail` is precise and for the operator only. */
  limit(_app: string, _version: string, _requestId: string | undefined, _limit: LimitName, _detail: string): void {}
  coldStart(_app: string, _milliseconds: number, _warmSpare: boolean): void {}
  eviction(_app: string, _reason: 'memory' | 'idle' | 'condemned' | 'replaced'): void {}
  subrequest(_app: string, _outcome: 'ok' | 'failed' | 'refused'): void {}
  /** CPU time used by an isolate since last told, in milliseconds. */
  cpu(_app: string, _milliseconds: number): void {}
  /** A warning for the operator that is about no single request. */
  warn(_message: string, _fields: Record<string, unknown>): void {}
}
