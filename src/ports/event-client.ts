/**
 * Who an event is run for, and how it is asked for: the HTTP layer implements the client, the app
 * layer the event.
 */
import type { ClientErrorName } from '../protocol/errors.ts';
import type { HostBody } from './host-body.ts';
import type { Responder } from './responder.ts';

export type Thrown = { name: string; message: string; stack: string };

/** What became of an event that could not be answered: the client hears the name's text, the log the rest. */
export type EventFailure = { name: ClientErrorName; error: Thrown; passThrough: boolean };

/** An event under way, as its client sees it. */
export interface RunningEvent {
  /** CPU milliseconds used so far; undefined where the turn was not measured by itself. */
  readonly cpuMs: number | undefined;
  /** Nobody waits for the answer any more. */
  clientGone(): void;
}

export interface EventClient extends Responder {
  /** The event could not be answered. Called instead of `send`, `start` or `pipe`. */
  fail(failure: EventFailure): void;
  /** An event that is not answered, such as a cron tick, has done its work. Called instead of `fail`. */
  completed?(): void;
  /** See Responder. @param failure why, where the event has failed */
  abort(failure?: EventFailure): void;
  /** The event is over, and everything it held with it. */
  ended?(): void;
  /** What the app has said of an event that is not answered; see Post.verdict. Any text may come. */
  verdict?(text: string): void;
  /** A line of a shell came to this: "value", "undefined" or "error", and how it reads. */
  shown?(kind: string, text: string): void;
}

export interface FetchClient extends EventClient {
  /** The event is in a worker. `coldStart`: one had to be started for it. */
  started(event: RunningEvent, coldStart: boolean): void;
}

/**
 * `ctx.props`: JSON text, or "~" and what only isolates understand, and the services that are named in it, which are
 * targets as the invoker has them.
 */
export type Props = { readonly text: string; readonly services: readonly object[] };

/**
 * What stands between an event and the network: an app that gets its requests in the network's place, and finds more in its `env`.
 * What that app sends to the network itself goes on to the `next` one, if there is one.
 */
export type OutboundWorker = {
  readonly app: string;
  /** JSON text of an object; undefined: nothing more. */
  readonly env: string | undefined;
  readonly next: OutboundWorker | undefined;
};

/** A request on its way to a worker. */
export type FetchMessage = {
  requestId: string;
  /** Method, URL ("http://host/path?query", as it came) and headers: `method\nurl\nname\nvalue…`, names in lower case. */
  head: string;
  body: HostBody | undefined;
  /** JSON text of `request.cf`; undefined, or nothing, for a request from outside, of which the isolate knows as much. */
  cf: string | undefined;
  /** The export that handles it; undefined is the default one. */
  entrypoint: string | undefined;
  /** A body that is in memory already, instead of `body`. */
  inline?: string | Uint8Array | undefined;
  props?: Props | undefined;
  /** What its handler finds in `env` beside the app's own: JSON text of an object. */
  env?: string | undefined;
  /** Where its own requests to the network go instead. */
  outbound?: OutboundWorker | undefined;
  /** Calls between workers that lead here; 0 for a request from outside. */
  depth?: number;
  family?: Family | undefined;
  limits?: CallLimits | undefined;
};

/** What all events share that one event from outside has led to: how many calls between workers there have been. */
export type Family = { calls: number };

/** Limits of one event, where whoever calls sets them, below the app's own. */
export type CallLimits = { readonly cpuMs: number; readonly subrequests: number };

/** Traces on their way to a tail handler; see Entry.tail. */
export type TailMessage = {
  requestId: string;
  text: string;
  depth: number;
  entrypoint: string | undefined;
  props: Props | undefined;
  outbound?: OutboundWorker | undefined;
};

/** A batch of messages on its way to a worker; see Entry.queue. */
export type BatchMessage = { head: string; text: string; bytes: Uint8Array | undefined };

/** Where requests for one host and path go. */
export interface Site {
  readonly app: string;
  readonly version: string;
  /** Undefined when it can be served; else why not. */
  readonly refusal: { name: ClientErrorName; reason: string } | undefined;
  readonly requestBodyBytes: number;
  readonly responseBodyBytes: number;
  fetch(message: FetchMessage, client: FetchClient): void;
  /** Runs the scheduled handler; `client` hears `completed` or `fail`. */
  scheduled?(requestId: string, scheduledTime: number, cron: string, client: FetchClient): void;
  /** A request of the app has come in / is over: for the ledger of what is in flight. */
  begin(): void;
  finish(): void;
}

/** Finds the site of a request. */
export interface SiteDirectory {
  /** `host` is as normalised by the router. */
  find(host: string, path: string): Site | undefined;
}
