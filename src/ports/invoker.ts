/**
 * One worker called by another, inside the engine: implemented by the app layer, used by the ops.
 *
 * Contract: every call is an event of its own in the callee, with the callee's limits; nothing here throws, what
 * goes wrong is told to the client.
 */
import type { CallLimits, EventClient, Family, FetchClient, FetchMessage, OutboundWorker, Props } from './event-client.ts';

/** An entrypoint of an app, as a service binding, a stub or a namespace names it. */
export type ServiceTarget = {
  readonly app: string;
  /** The export; undefined is the default one. */
  readonly entrypoint: string | undefined;
  /** `ctx.props`; undefined where there are none. */
  readonly props: Props | undefined;
  /** The dispatch namespace in which the app is meant; undefined: one that is in none. */
  readonly namespace?: string;
  /** What this call may use, below the app's own limits. */
  readonly limits?: CallLimits;
  /** The worker that an app of this name has loaded, in its place. */
  readonly loaded?: object;
  /** What stands between the called event and the network. */
  readonly outbound?: OutboundWorker | undefined;
  /** What its handler finds in `env` beside the app's own; see FetchMessage. */
  readonly env?: string | undefined;
};

/** Who calls. */
export type Origin = {
  readonly app: string;
  /** Apps call each other inside one trust group only. */
  readonly group: string;
  readonly requestId: string;
  /** Calls that lead to the calling event: 0 for a request from outside. */
  readonly depth: number;
  readonly family: Family;
};

/** An event that is called, on its way to a worker. */
export type SessionCall = {
  requestId: string;
  depth: number;
  family: Family;
  limits: CallLimits | undefined;
  outbound: OutboundWorker | undefined;
  method: string;
};

/** Who an event is run for that is called, maybe more than once, instead of being asked for a response. */
export interface SessionClient<Home> extends EventClient {
  /** The event is there: what its first turn is run with. */
  opened(home: Home): readonly unknown[];
  /** The event is over. */
  ended(): void;
}

/** @typeParam Home the event and its isolate, as the ops know them */
export interface Invoker<Home> {
  /** A request. The message's id, depth, entrypoint and props are the invoker's to fill in. */
  fetch(target: ServiceTarget, origin: Origin, message: Pick<FetchMessage, 'head' | 'body' | 'inline' | 'cf'>, client: FetchClient): void;
  /** An event whose client calls its methods. @param path of the first call, for the log */
  open(target: ServiceTarget, origin: Origin, path: string, client: SessionClient<Home>): void;
}
