/**
 * What an op is on the host: a function of the calling isolate's context and of hostile arguments.
 */
import type { Binding } from '../bindings/binding.ts';
import type { Egress } from '../ports/egress.ts';
import type { EventFailure, Family, OutboundWorker } from '../ports/event-client.ts';
import type { Invoker } from '../ports/invoker.ts';
import type { Responder } from '../ports/responder.ts';
import type { WorkerLoader } from '../ports/worker-loader.ts';
import type { Handles } from './handles.ts';

/** One event in an isolate (a request, a cron tick…), as ops see it. */
export interface EventState {
  readonly id: number;
  /** It is over. */
  readonly ended: boolean;
  /** Aborted when the event is over: whatever it started on the host stops then. Costs a few microseconds; `atEnd` does not. */
  readonly signal: AbortSignal;
  /**
   * Registers how to close something when the event is over; at once if it is over already.
   * @returns a function that takes the registration back
   */
  atEnd(close: () => void): () => void;
  /** Undefined for events that are not answered over HTTP. */
  readonly responder: Responder | undefined;
  readonly requestId: string;
  /** Calls between workers that lead to it: 0 for a request from outside. */
  readonly depth: number;
  readonly family: Family;
  /** What stands between it and the network; see ops/outbound-worker.ts. */
  readonly outbound: OutboundWorker | undefined;
  /** What ops/services/calls.ts keeps of it: the calls it has been given to answer. */
  calls: object | undefined;
  /** What ops/body-sink.ts keeps of it: its answer in progress. */
  sink: object | undefined;
  /** Why it failed, where it did. */
  readonly failure: EventFailure | undefined;
  /** Charges CPU time that the host has spent for the event; beyond its limit the event ends. */
  charge(milliseconds: number): void;
  /** Counts a subrequest. Throws OpError where the limit is passed. */
  countSubrequest(): void;
  /** Counts a call of another worker, among all that whoever is at the root of this event has led to. Throws OpError where the limit is passed. */
  countCall(): void;
  /** Counts a call of a binding. Throws OpError where the limit is passed. */
  countBindingCall(): void;
  /** Waits for one of the event's outgoing connections (six at a time); call what it resolves to when the response's head has arrived or failed. */
  acquireConnection(): Promise<() => void>;
  /**
   * Keeps the event while a socket is open: beyond its response as long as waitUntil may, or without end where the
   * socket is the response. Call what it returns when the socket is closed.
   */
  keep(isResponse: boolean): () => void;
  /** Enters the isolate in a turn of the event: a message has come, which gets CPU time of its own. `done` is called when the turn is over. */
  deliver(args: readonly unknown[], done: () => void): void;
  /** The same on the event's own CPU time: whoever makes it run cannot give it more. */
  enter(args: readonly unknown[], done: () => void): void;
  /**
   * Another event has something of this one, and may yet bring what it waits for. Where it came with an answer the event stays for it,
   * as long as whoever asked does; where it came with a call it goes with the event. Call what it returns when the other lets go.
   */
  lend(isAnswer: boolean): () => void;
  /** The first call of an event that is called has been answered: it lasts only for what holds it. */
  complete(): void;
  /** Nobody waits for its answer any more. */
  clientGone(): void;
}

/** An event and the isolate it is in. */
export type Place = { readonly context: OpContext; readonly event: EventState };

/** The calling isolate, as ops see it. */
export interface OpContext {
  readonly app: string;
  /** Its trust group. */
  readonly group: string;
  readonly handles: Handles;
  readonly egress: Egress;
  /** Calls other workers. */
  readonly invoker: Invoker<Place>;
  /** Loads workers for it. */
  readonly loader: WorkerLoader;
  /** What it is to its own loader, where it has been loaded: its entrypoints are named with it. */
  readonly loaded: object | undefined;
  /** The app's binding of that number, if there is one. */
  binding(index: unknown): Binding | undefined;
  /** The event of that number if the isolate has it in hand, else undefined (0 is the global scope). */
  event(id: unknown): EventState | undefined;
}

/** A primitive, ArrayBuffer or Uint8Array; several values make an array. */
export type Reply = unknown;

/** An op that is answered later. It throws or rejects with OpError for what the tenant should see. `call` is the number of the call. */
export type RequestOp = (context: OpContext, event: number, call: number, ...args: unknown[]) => Promise<Reply> | Reply;
/** An op the isolate's thread waits for: it must be quick and never do I/O. */
export type SyncOp = (context: OpContext, event: number, ...args: unknown[]) => Reply;
/** An op without an answer. What it throws is dropped. */
export type PostOp = (context: OpContext, event: number, ...args: unknown[]) => void;
