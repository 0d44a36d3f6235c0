/**
 * The bridge: the only caller of host ops, and the keeper of "whose turn is it".
 *
 * Contract, binding on changes to this file: no host function leaves this module; every op carries
 * the event (the request, the cron tick…) in whose turn it was made; an answer re-enters the turn of
 * the event that asked. V8 drains all microtasks before it leaves the isolate, so what an entry
 * starts, promise reactions included, runs in that entry's event.
 */
import { Post, type Request, Sync } from '../protocol/ops.ts';
import { advanceClock } from './web/coarse-clock.ts';
import {
  ArrayBufferIsView,
  ArrayBufferPrototypeGetByteLength,
  ArrayPrototypeSlice,
  ArrayPrototypeUnshift,
  ErrorCtor,
  newDeferred,
  ObjectCreate,
  RangeErrorCtor,
  ReflectApply,
  TypedArrayPrototypeGetByteLength,
  TypeErrorCtor,
  type Deferred,
} from './primordials.ts';
import { chunk } from './link.ts';

type Values<T> = T[keyof T];
type SendFunction = (op: number, event: number, ...args: unknown[]) => void;
type CallFunction = (op: number, event: number, ...args: unknown[]) => unknown;
type Pending = { event: number; deferred: Deferred<unknown> };

/** Cloudflare's text for I/O, timers and random values in the global scope. */
export const GLOBAL_SCOPE_MESSAGE =
  'Disallowed operation called within global scope. Asynchronous I/O (ex: fetch() or connect()), setting a timeout, and generating random values are not allowed within global scope. To fix this error, perform this operation within a handler. https://developers.cloudflare.com/workers/runtime-apis/handlers/';

const detached = (): never => {
  throw new ErrorCtor('The runtime is not connected to its host.');
};
let send: SendFunction = detached;
let callHost: CallFunction = detached;
let event = 0;
let nextCall = 1;
/** By the numbers of the calls. No Map: in an isolate's heap its outgrown tables keep what has passed through; decision 25. */
const pending: Record<number, Pending> = ObjectCreate(null);

/**
 * What may be on its way to the host from one turn. Nothing limits the queue of ops but this: without it a loop that logs
 * fills the host's memory and keeps its I/O thread from everybody else.
 */
const MOST_OPS = 64;
const MOST_BYTES = 1024 * 1024;
let ops = 0;
let bytes = 0;

/** Characters of log lines: what a turn may send, and has sent. */
let mostLogged = 1 / 0;
let logged = 0;

/** About as much as an argument takes on its way. */
const sizeOf = (value: unknown): number => {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  try {
    return ArrayBufferIsView(value) ? TypedArrayPrototypeGetByteLength(value) : ArrayBufferPrototypeGetByteLength(value);
  } catch {
    return MOST_BYTES;
  }
};

/** Sends an op; a turn that has sent much waits until the host has dealt with it. */
const transmit = (args: unknown[]): void => {
  if (ops >= MOST_OPS || bytes >= MOST_BYTES) {
    ops = 0;
    bytes = 0;
    callSync(Sync.barrier);
  }
  ops++;
  for (let i = 2; i < args.length; i++) bytes += sizeOf(args[i]);
  ReflectApply(send, undefined, args);
};

/** Connects the runtime to its host. Called once, before any tenant code. */
export function attach(hostSend: SendFunction, hostCall: CallFunction): void {
  send = hostSend;
  callHost = hostCall;
}

/** The event in whose turn the isolate is; 0 in the global scope. */
export function currentEvent(): number {
  return event;
}

/** Makes what follows part of the turn of `id`. Called at each entry but for that of answers, and by nothing else. */
export function enterEvent(id: number): void {
  beginTurn();
  event = id;
}

/** Time has gone on, and what a turn may send is counted anew. */
const beginTurn = (): void => {
  advanceClock();
  ops = 0;
  bytes = 0;
  logged = 0;
};

/** Throws Cloudflare's error where no event is being handled. */
export function requireEvent(): void {
  if (event === 0) throw new ErrorCtor(GLOBAL_SCOPE_MESSAGE);
}

/** Sends a fire-and-forget op. */
export function post(op: Values<typeof Post>, ...args: unknown[]): void {
  ArrayPrototypeUnshift<unknown>(args, op, event);
  transmit(args);
}

/** Bounds what a turn may log. Called once, before any tenant code. */
export function boundLogs(most: number): void {
  mostLogged = most;
}

/** Sends a line for the log. What is beyond the bound goes nowhere; the host hears of the line that passes it, and tells. @param told see Post.log */
export function postLog(level: number, text: string, told?: string): void {
  if (logged > mostLogged) return;
  logged += text.length + 1;
  if (told === undefined) post(Post.log, level, text);
  else post(Post.log, level, text, told);
}

/** A fire-and-forget op for another event than the current one. */
export function postFor(target: number, op: Values<typeof Post>, ...args: unknown[]): void {
  ArrayPrototypeUnshift<unknown>(args, op, target);
  transmit(args);
}

/** Sends an op and returns the promise of its answer (an array where the op answers with several values). */
export function request(op: Values<typeof Request>, ...args: unknown[]): Promise<unknown> {
  return start(event, op, args).promise;
}

/** As `request`, for another event than the current one. */
export function requestFor(target: number, op: Values<typeof Request>, ...args: unknown[]): Promise<unknown> {
  return start(target, op, args).promise;
}

/** As `request`, with the call's number, which names it to the host (to abort it, to upload its body). */
export function begin(op: Values<typeof Request>, ...args: unknown[]): { call: number; promise: Promise<unknown> } {
  return start(event, op, args);
}

// Arguments are put in front of, never spread: spreading would go through an iterator that tenants can patch.
const start = (target: number, op: number, args: unknown[]): { call: number; promise: Promise<unknown> } => {
  const call = nextCall++;
  const deferred = newDeferred<unknown>();
  pending[call] = { event: target, deferred };
  ArrayPrototypeUnshift<unknown>(args, op, target, call);
  transmit(args);
  return { call, promise: deferred.promise };
};

/** A number that names something of the isolate's to the host, as a call's does. */
export function nextNumber(): number {
  return nextCall++;
}

/** Calls the host and blocks until it answers. */
export function callSync(op: Values<typeof Sync>, ...args: unknown[]): unknown {
  ArrayPrototypeUnshift<unknown>(args, op, event);
  return ReflectApply(callHost, undefined, args);
}

/** Forgets a call: its answer, should it come, is dropped. */
export function forget(call: number): void {
  delete pending[call];
}

/** Forgets every call of an event that is over: their answers will not come. */
export function dropCalls(id: number): void {
  for (const call in pending) if ((pending[call] as Pending).event === id) delete pending[call];
}

/** The host's answers to calls; see Entry.settle. A turn of whichever events have asked. */
export function settle(answers: unknown[]): void {
  beginTurn();
  for (let i = 0, end = 0; i < answers.length; i = end) {
    end = i + 3 + (answers[i + 2] as number);
    const call = answers[i] as number;
    const entry = pending[call];
    if (entry === undefined) continue;
    delete pending[call];
    event = entry.event;
    const value = answers[i + 3];
    if (answers[i + 1] === true) entry.deferred.resolve(end > i + 4 ? ArrayPrototypeSlice(answers, i + 3, end) : value);
    else entry.deferred.reject(errorFromHost(value as string, answers[i + 4] as string));
  }
}

/** Builds the error that a failed op rejects with. */
export function errorFromHost(name: string, message: string): Error {
  if (name === 'TypeError') return new TypeErrorCtor(message);
  if (name === 'RangeError') return new RangeErrorCtor(message);
  return name === 'Error' || name === '' ? new ErrorCtor(message) : chunk('base').errorNamed(name, message);
}
