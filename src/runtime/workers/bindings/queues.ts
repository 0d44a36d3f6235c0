/**
 * A queue as its producer has it.
 * @see https://developers.cloudflare.com/queues/configuration/javascript-apis/#producer
 */
import { jsonText } from '../../json-text.ts';
import { chunk } from '../../link.ts';
import {
  ArrayBufferIsView,
  ArrayBufferPrototypeTransfer,
  ArrayPrototypePush,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  ErrorCtor,
  JSONStringify,
  StringPrototypeToLowerCase,
  SymbolIterator,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSet,
  TypedArrayPrototypeSlice,
  TypeErrorCtor,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { argument, defineInterface, DOMString, illegalConstructor, illegalInvocation, isArrayBuffer, isObject, viewBuffer } from '../../webidl.ts';
import { dictionary, sequence } from '../../webidl-types.ts';
import { differs } from '../../compat.ts';
import { metricsOf } from '../message-batch.ts';
import { callBinding } from './call.ts';
import { int32 } from './int32.ts';

const internal = Symbol('internal');

type SendOptions = { contentType?: string; delaySeconds?: number };
const contentType = { key: 'contentType', converter: DOMString };
const delaySeconds = { key: 'delaySeconds', converter: int32 };
const sendOptions = dictionary<SendOptions>('SendOptions', [contentType, delaySeconds]);
const batchOptions = dictionary<SendOptions>('SendBatchOptions', [delaySeconds]);
const request = dictionary<SendOptions & { body?: unknown }>('MessageSendRequest', [{ key: 'body', converter: (value) => value }, contentType, delaySeconds]);
const requests = sequence<ReturnType<typeof request>>((value, context) => {
  if (value !== null && !isObject(value)) throw new TypeErrorCtor("Incorrect type: the provided value is not of type 'MessageSendRequest'.");
  return request(value, context);
});

/** The argument's context, where it is of the type; in workerd's words where it is not. */
const checked = (isOfType: boolean, method: string, parameter: number, type: string): string => {
  const context = argument(method, 'WorkerQueue', parameter);
  if (!isOfType) throw new TypeErrorCtor(`${context} is not of type '${type}'.`);
  return context;
};
const isOptions = (value: unknown): boolean => value === undefined || value === null || isObject(value);
const isSequence = (value: unknown): boolean => isObject(value) && typeof (value as Record<symbol, unknown>)[SymbolIterator] === 'function';

/** The host's answer to whatever is asked of a queue. */
type Metrics = [backlogCount: number, backlogBytes: number, oldest: number];

/** What is sent: text as a string, everything else as bytes. */
type Encoded = { type: string; body: string | Uint8Array };

const typeOf = (value: unknown): string => (value === null ? 'object' : typeof value);

const mismatch = (type: string, wanted: string, body: unknown): TypeError =>
  new TypeErrorCtor(`Content Type "${type}" requires a value of type ${wanted}, but received: ${typeOf(body)}`);

const encode = (body: unknown, given: string | undefined, takes: boolean): Encoded => {
  if (body === undefined) throw new TypeErrorCtor('Message body cannot be undefined');
  const type = given === undefined ? (differs('queues_json_messages') ? 'v8' : 'json') : StringPrototypeToLowerCase(given);
  switch (type) {
    case 'text':
      if (typeof body !== 'string') throw mismatch(type, 'string', body);
      return { type, body };
    case 'bytes':
      if (!ArrayBufferIsView(body)) throw mismatch(type, 'ArrayBufferView', body);
      return { type, body: bytesOf(body, takes) };
    case 'json':
      return { type, body: jsonOf(body) };
    case 'v8':
      return { type, body: chunk('values').serialize(body) };
    default:
      throw new TypeErrorCtor(`Unsupported queue message content type: ${given}`);
  }
};

/** What has no JSON (a function, for one) is refused by Cloudflare's service, not by workerd. */
const jsonOf = (body: unknown): string => {
  const json = JSONStringify(body) as string | undefined;
  if (json === undefined) throw new ErrorCtor('Queue send failed: Internal Server Error');
  return json;
};

/** A copy of a view's bytes. `takes`: the view's buffer is detached, as send() does. */
const bytesOf = (view: ArrayBufferView, takes: boolean): Uint8Array => {
  const buffer = viewBuffer(view) as ArrayBuffer;
  const isData = TypedArrayPrototypeGetSymbolToStringTag(view) === undefined;
  const offset = isData ? DataViewPrototypeGetByteOffset(view) : TypedArrayPrototypeGetByteOffset(view);
  const length = isData ? DataViewPrototypeGetByteLength(view) : TypedArrayPrototypeGetByteLength(view);
  const bytes = TypedArrayPrototypeSlice(new Uint8ArrayCtor(buffer, offset, length));
  if (takes && isArrayBuffer(buffer)) ArrayBufferPrototypeTransfer(buffer, 0);
  return bytes;
};

export class WorkerQueue {
  readonly #index: number;

  constructor(key: symbol, index: number) {
    if (key !== internal) throw illegalConstructor();
    this.#index = index;
  }

  async metrics(): Promise<object> {
    if (!isObject(this) || !(#index in this)) throw illegalInvocation();
    return metricsFrom((await callBinding(this.#index, 'metrics')) as Metrics);
  }

  async send(body: unknown, options: unknown = undefined): Promise<object> {
    if (!isObject(this) || !(#index in this)) throw illegalInvocation();
    checked(arguments.length > 0, 'send', 1, 'Value');
    const { contentType: type, delaySeconds: delay } = sendOptions(options, checked(isOptions(options), 'send', 2, 'SendOptions'));
    const encoded = encode(body, type, true);
    return response(await callBinding(this.#index, 'send', encoded.type, delay ?? null, encoded.body));
  }

  async sendBatch(batch: unknown, options: unknown = undefined): Promise<object> {
    if (!isObject(this) || !(#index in this)) throw illegalInvocation();
    const messages = requests(batch, checked(isSequence(batch), 'sendBatch', 1, 'Sequence'));
    const { delaySeconds: common } = batchOptions(options, checked(isOptions(options), 'sendBatch', 2, 'SendBatchOptions'));
    if (messages.length === 0) throw new TypeErrorCtor('sendBatch() requires at least one message');
    const head: unknown[] = [];
    const parts: Uint8Array[] = [];
    let text = '';
    let size = 0;
    for (let i = 0; i < messages.length; i++) {
      const message = messages[i] as (typeof messages)[number];
      const { type, body } = encode(message.body, message.contentType, false);
      const length = typeof body === 'string' ? body.length : TypedArrayPrototypeGetByteLength(body);
      ArrayPrototypePush(head, [type, length, message.delaySeconds ?? common ?? null]);
      if (typeof body === 'string') text += body;
      else {
        ArrayPrototypePush(parts, body);
        size += length;
      }
    }
    return response(await callBinding(this.#index, 'sendBatch', jsonText(head), text, joined(parts, size)));
  }
}
defineInterface(WorkerQueue, 'WorkerQueue');

const joined = (parts: readonly Uint8Array[], size: number): Uint8Array => {
  const all = new Uint8ArrayCtor(size);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Uint8Array;
    TypedArrayPrototypeSet(all, part, at);
    at += TypedArrayPrototypeGetByteLength(part);
  }
  return all;
};

const metricsFrom = (answer: Metrics): object => metricsOf(answer[0], answer[1], answer[2]);

const response = (answer: unknown): object => {
  if (!isObject(answer)) return {};
  return { metadata: { metrics: metricsFrom(answer as Metrics) } };
};

/** The object in env. */
export function bindQueue(index: number): WorkerQueue {
  return new WorkerQueue(internal, index);
}
