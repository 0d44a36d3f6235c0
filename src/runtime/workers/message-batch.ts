/**
 * What a `queue` handler gets: a batch of messages, to be acknowledged or tried again one by one or all together.
 *
 * Contract: what has been said first of a message holds, and what is said of a message holds against what is said of
 * the batch. The host is told at the end of each turn, so that an acknowledgement counts even where the handler comes
 * to a bad end later. Text of a verdict: `a3` message 3 is acknowledged, `r3` or `r3:60` tried again (after 60 seconds),
 * `A` and `R`, `R:60` the same of all, with spaces between.
 * @see https://developers.cloudflare.com/queues/configuration/javascript-apis/#messagebatch
 */
import { LogLevel, Post } from '../../protocol/ops.ts';
import { currentEvent, post, postFor } from '../bridge.ts';
import { chunk } from '../link.ts';
import {
  ArrayPrototypePush,
  DateCtor,
  JSONParse,
  ObjectDefineOwn,
  PromisePrototypeThen,
  PromiseResolve,
  StringPrototypeSlice,
  TypedArrayPrototypeSlice,
  TypeErrorCtor,
  Uint8ArrayCtor,
} from '../primordials.ts';
import { argument, defineInterface, illegalConstructor, illegalInvocation, isObject } from '../webidl.ts';
import { int32 } from './bindings/int32.ts';

const internal = Symbol('internal');

type Head = {
  queue: string;
  metrics: { backlogCount: number; backlogBytes: number; oldestMessageTimestamp: number };
  messages: [id: string, sent: number, attempts: number, type: string, length: number][];
};

/** What has been said so far. */
type Verdicts = {
  event: number;
  /** By position: 1 acknowledged, 2 to be tried again. */
  said: number[];
  all: 0 | 1 | 2;
  /** What the host has not been told yet. */
  untold: string;
};

const ACKED = 1;
const RETRIED = 2;

const tell = (verdicts: Verdicts, what: string): void => {
  if (verdicts.untold === '') PromisePrototypeThen(PromiseResolve(undefined), () => flush(verdicts));
  verdicts.untold += verdicts.untold === '' ? what : ` ${what}`;
};

const flush = (verdicts: Verdicts): void => {
  if (verdicts.untold === '') return;
  postFor(verdicts.event, Post.verdict, verdicts.untold);
  verdicts.untold = '';
};

const warn = (text: string): void => {
  if (currentEvent() !== 0) post(Post.log, LogLevel.warn, text);
};

/** ":60", or nothing where no delay is given. */
const delayOf = (options: unknown, method: string, type: string): string => {
  if (options !== undefined && options !== null && !isObject(options))
    throw new TypeErrorCtor(`${argument(method, type, 1)} is not of type 'QueueRetryOptions'.`);
  const seconds = (options as { delaySeconds?: unknown } | null | undefined)?.delaySeconds;
  return seconds === undefined ? '' : `:${int32(seconds)}`;
};

/** One for all properties: there are four to each message, and making a descriptor takes longer than all else here. */
const readOnly = { __proto__: null, value: undefined, enumerable: true } as { value: unknown } & PropertyDescriptor;

const own = (target: object, key: string, value: unknown): void => {
  readOnly.value = value;
  ObjectDefineOwn(target, key, readOnly);
  readOnly.value = undefined;
};

export class QueueMessage {
  declare readonly id: string;
  declare readonly timestamp: Date;
  declare readonly body: unknown;
  declare readonly attempts: number;
  readonly #verdicts: Verdicts;
  readonly #position: number;

  constructor(key: symbol, verdicts: Verdicts, position: number) {
    if (key !== internal) throw illegalConstructor();
    this.#verdicts = verdicts;
    this.#position = position;
  }

  ack(): void {
    if (!isObject(this) || !(#verdicts in this)) throw illegalInvocation();
    const { all, said } = this.#verdicts;
    if (all === ACKED || said[this.#position] === ACKED) return;
    if (all === RETRIED) return this.#noEffect('ack', 'retryAll');
    if (said[this.#position] === RETRIED) return this.#noEffect('ack', 'retry');
    said[this.#position] = ACKED;
    tell(this.#verdicts, `a${this.#position}`);
  }

  retry(options: unknown = undefined): void {
    if (!isObject(this) || !(#verdicts in this)) throw illegalInvocation();
    const delay = delayOf(options, 'retry', 'QueueMessage');
    const { all, said } = this.#verdicts;
    if (all === ACKED) return this.#noEffect('retry', 'ackAll');
    if (said[this.#position] === ACKED) return this.#noEffect('retry', 'ack');
    if (said[this.#position] === RETRIED && delay === '') return;
    said[this.#position] = RETRIED;
    tell(this.#verdicts, `r${this.#position}${delay}`);
  }

  #noEffect(what: string, before: string): void {
    warn(
      `Received a call to ${what}() on message ${this.id} after ${before}() was already called. Calling ${what}() on a message after calling ${before}() has no effect.`,
    );
  }
}
defineInterface(QueueMessage, 'QueueMessage');

export class QueueController {
  declare readonly messages: readonly QueueMessage[];
  declare readonly queue: string;
  declare readonly metadata: object;
  readonly #verdicts: Verdicts;

  constructor(key: symbol, verdicts: Verdicts) {
    if (key !== internal) throw illegalConstructor();
    this.#verdicts = verdicts;
  }

  ackAll(): void {
    if (!isObject(this) || !(#verdicts in this)) throw illegalInvocation();
    ackAll(this.#verdicts);
  }

  retryAll(options: unknown = undefined): void {
    if (!isObject(this) || !(#verdicts in this)) throw illegalInvocation();
    retryAll(this.#verdicts, options);
  }
}
defineInterface(QueueController, 'QueueController');

const ackAll = (verdicts: Verdicts): void => {
  if (verdicts.all === RETRIED)
    return warn('Received a call to ackAll() after retryAll() was already called. Calling ackAll() after calling retryAll() has no effect.');
  if (verdicts.all === ACKED) return;
  verdicts.all = ACKED;
  tell(verdicts, 'A');
};

const retryAll = (verdicts: Verdicts, options: unknown): void => {
  const delay = delayOf(options, 'retryAll', 'QueueController');
  if (verdicts.all === ACKED)
    return warn('Received a call to retryAll() after ackAll() was already called. Calling retryAll() after calling ackAll() has no effect.');
  verdicts.all = RETRIED;
  tell(verdicts, `R${delay}`);
};

const bodyOf = (type: string, text: string, bytes: Uint8Array, start: number, end: number): unknown => {
  switch (type) {
    case 'json':
      return JSONParse(StringPrototypeSlice(text, start, end));
    case 'text':
      return StringPrototypeSlice(text, start, end);
    case 'bytes':
      return TypedArrayPrototypeSlice(bytes, start, end);
    default:
      return chunk('values').deserialize(TypedArrayPrototypeSlice(bytes, start, end));
  }
};

/** A batch as the host brings it, and the two ways for what is said of it to get to the host. */
export type OpenBatch = {
  batch: QueueController;
  /** What a service-worker script's event offers. */
  ackAll: () => void;
  retryAll: (options: unknown) => void;
  /** Tells the host at once what has been said. */
  flush: () => void;
};

/** Opens a batch; see Entry.queue. */
export function openBatch(event: number, headText: string, text: string, buffer: ArrayBuffer | undefined): OpenBatch {
  const head = JSONParse(headText) as Head;
  const verdicts: Verdicts = { event, said: [], all: 0, untold: '' };
  const batch = new QueueController(internal, verdicts);
  const bytes = new Uint8ArrayCtor((buffer ?? 0) as ArrayBuffer);
  const messages: QueueMessage[] = [];
  let inText = 0;
  let inBytes = 0;
  for (let i = 0; i < head.messages.length; i++) {
    const row = head.messages[i] as Head['messages'][number];
    const length = row[4];
    const isText = row[3] === 'json' || row[3] === 'text';
    const start = isText ? inText : inBytes;
    if (isText) inText += length;
    else inBytes += length;
    const message = new QueueMessage(internal, verdicts, i);
    own(message, 'id', row[0]);
    own(message, 'timestamp', new DateCtor(row[1]));
    own(message, 'body', bodyOf(row[3], text, bytes, start, start + length));
    own(message, 'attempts', row[2]);
    ArrayPrototypePush(messages, message);
  }
  own(batch, 'messages', messages);
  own(batch, 'queue', head.queue);
  own(batch, 'metadata', { metrics: metricsOf(head.metrics.backlogCount, head.metrics.backlogBytes, head.metrics.oldestMessageTimestamp) });
  return { batch, ackAll: () => ackAll(verdicts), retryAll: (options) => retryAll(verdicts, options), flush: () => flush(verdicts) };
}

/** How full a queue is. @param oldest 0: there is no message */
export function metricsOf(backlogCount: number, backlogBytes: number, oldest: number): object {
  return oldest === 0 ? { backlogCount, backlogBytes } : { backlogCount, backlogBytes, oldestMessageTimestamp: new DateCtor(oldest) };
}
