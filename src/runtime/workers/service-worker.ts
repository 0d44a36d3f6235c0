/**
 * The legacy service-worker format: `addEventListener('fetch', event => event.respondWith(…))`.
 *
 * @see https://developers.cloudflare.com/workers/reference/migrate-to-module-workers/
 */
import { ErrorCtor, PromisePrototypeThen, PromiseResolve, TypeErrorCtor } from '../primordials.ts';
import { Event } from '../web/event.ts';
import { dispatchAtGlobal, hasGlobalListener } from '../web/global-target.ts';
import { argument, defineInterface, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import type { ExecutionContext } from './execution-context.ts';
import type { OpenBatch } from './message-batch.ts';

/** Which events the script listens to. */
export function registeredHandlers(): string[] {
  const names: string[] = [];
  if (hasGlobalListener('fetch')) names[names.length] = 'fetch';
  if (hasGlobalListener('scheduled')) names[names.length] = 'scheduled';
  if (hasGlobalListener('queue')) names[names.length] = 'queue';
  return names;
}

export class ExtendableEvent extends Event {
  #context: ExecutionContext | undefined;

  constructor(type: string, init: unknown = undefined, context: ExecutionContext | undefined = undefined) {
    super(type, init as never);
    this.#context = context;
  }

  waitUntil(promise: unknown): void {
    if (!isObject(this) || !(#context in this)) throw illegalInvocation();
    this.#context?.waitUntil(promise);
  }

  passThroughOnException(): void {
    if (!isObject(this) || !(#context in this)) throw illegalInvocation();
    this.#context?.passThroughOnException();
  }
}
defineInterface(ExtendableEvent, 'ExtendableEvent');

let responseOf: (event: FetchEvent) => { response: unknown } | undefined;

export class FetchEvent extends ExtendableEvent {
  #request: unknown;
  #response: unknown;
  #responded = false;

  constructor(type: string, init: { request?: unknown } | undefined = undefined, context: ExecutionContext | undefined = undefined) {
    super(type, init, context);
    this.#request = init?.request;
  }

  static {
    responseOf = (event) => (event.#responded ? { response: event.#response } : undefined);
  }

  get request(): unknown {
    if (!isObject(this) || !(#request in this)) throw illegalInvocation();
    return this.#request;
  }

  respondWith(response: unknown): void {
    if (!isObject(this) || !(#request in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, argument('respondWith', 'FetchEvent', 1));
    if (this.#responded) throw new TypeErrorCtor('FetchEvent.respondWith() has already been called; it can only be called once.');
    this.#responded = true;
    this.#response = response;
    // A rejection is the handler's failure, which the dispatcher reports; it is not unhandled.
    PromisePrototypeThen(PromiseResolve(response), undefined, () => {});
    this.stopImmediatePropagation();
  }
}
defineInterface(FetchEvent, 'FetchEvent');

export class ScheduledEvent extends ExtendableEvent {
  #scheduledTime: number;
  #cron: string;

  constructor(type: string, init: { scheduledTime?: number; cron?: string } | undefined = undefined, context: ExecutionContext | undefined = undefined) {
    super(type, init, context);
    this.#scheduledTime = init?.scheduledTime ?? 0;
    this.#cron = init?.cron ?? '';
  }

  get scheduledTime(): number {
    if (!isObject(this) || !(#cron in this)) throw illegalInvocation();
    return this.#scheduledTime;
  }

  get cron(): string {
    if (!isObject(this) || !(#cron in this)) throw illegalInvocation();
    return this.#cron;
  }

  noRetry(): void {}
}
defineInterface(ScheduledEvent, 'ScheduledEvent');

/** Dispatches a fetch event and returns what the script responded with. */
export function dispatchFetch(request: unknown, context: ExecutionContext): unknown {
  if (!hasGlobalListener('fetch')) throw new ErrorCtor('No event handlers were registered. This script does nothing.');
  const event = new FetchEvent('fetch', { __proto__: null, request } as object, context);
  dispatchAtGlobal(event);
  const responded = responseOf(event);
  if (responded === undefined) throw new ErrorCtor('Worker script did not call respondWith(); there is no origin to pass the request to.');
  return responded.response;
}

/** Dispatches a scheduled event; what it waits for is held through its context. */
export function dispatchScheduled(scheduledTime: number, cron: string, context: ExecutionContext): void {
  if (!hasGlobalListener('scheduled')) throw new ErrorCtor('No event handlers were registered. This script does nothing.');
  dispatchAtGlobal(new ScheduledEvent('scheduled', { __proto__: null, scheduledTime, cron } as object, context));
}

export class QueueEvent extends ExtendableEvent {
  #open: OpenBatch;

  constructor(type: string, open: OpenBatch, context?: ExecutionContext) {
    super(type, undefined, context);
    this.#open = open;
  }

  get messages(): unknown {
    if (!isObject(this) || !(#open in this)) throw illegalInvocation();
    return this.#open.batch.messages;
  }

  get queue(): string {
    if (!isObject(this) || !(#open in this)) throw illegalInvocation();
    return this.#open.batch.queue;
  }

  get metadata(): object {
    if (!isObject(this) || !(#open in this)) throw illegalInvocation();
    return this.#open.batch.metadata;
  }

  ackAll(): void {
    if (!isObject(this) || !(#open in this)) throw illegalInvocation();
    this.#open.ackAll();
  }

  retryAll(options: unknown = undefined): void {
    if (!isObject(this) || !(#open in this)) throw illegalInvocation();
    this.#open.retryAll(options);
  }
}
defineInterface(QueueEvent, 'QueueEvent');

/** Dispatches a batch of messages, likewise. */
export function dispatchQueue(open: OpenBatch, context: ExecutionContext): void {
  if (!hasGlobalListener('queue')) throw new ErrorCtor('No event listener registered for queue messages.');
  dispatchAtGlobal(new QueueEvent('queue', open, context));
}
