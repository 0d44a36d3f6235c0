/**
 * Queues: `env.NAME.send(…)` and its kind, on the host.
 *
 * Contract: a message is on disk when its call is answered. Bodies come as text (json, text) or bytes (bytes, v8) and
 * are not looked into.
 * @see https://developers.cloudflare.com/queues/configuration/javascript-apis/#producer
 */
import { invalidCall, OpError } from '../../base/op-error.ts';
import { QUOTA_EXCEEDED, type StoreAddress } from '../../ports/stores.ts';
import type { Json } from '../../protocol/bindings.ts';
import type { Binding, BindingManifest, BindingScope, Caller, Reply } from '../binding.ts';
import { MOST_MESSAGE_BYTES, type NewMessage, QUEUES_ID, type QueueMetrics, STORAGE_LIMIT } from './messages.ts';
import { Outbox } from './outbox.ts';

/** @see https://developers.cloudflare.com/queues/platform/limits/ */
const MOST_BATCH = 100;
/** 256 KB, and room for what each message has about itself; as Miniflare counts. */
const MOST_BATCH_BYTES = 288_000;
const MOST_DELAY_SECONDS = 86_400;

/** What Cloudflare allows for bodies alone, which its message names. */
const NAMED_BATCH_BYTES = 256_000;

const SEND_FAILED = 'Queue send failed';
const BATCH_FAILED = 'Queue sendBatch failed';

class QueueBinding implements Binding {
  readonly #scope: BindingScope;
  readonly #queue: string;
  readonly #delay: number;
  readonly #outbox: Outbox;

  constructor(scope: BindingScope, options: Readonly<Record<string, Json>>) {
    this.#scope = scope;
    this.#queue = String(options['queue']);
    this.#delay = Number(options['delay'] ?? 0);
    this.#outbox = new Outbox(scope.stores, this.#address, this.#queue);
  }

  /**
   * `send`: type, delay or null, body. `sendBatch`: JSON text of [type, length, delay or null] for each message, then all
   * texts and all bytes, one after the other. Both answer with the queue's metrics, as does `metrics`.
   */
  call(method: string, args: readonly unknown[], _caller: Caller): Promise<Reply> {
    switch (method) {
      case 'send':
        return this.#answered(() => this.#sent([this.#message(args[0], args[1], args[2])], false), SEND_FAILED);
      case 'sendBatch':
        return this.#answered(() => this.#sent(this.#batch(args), true), BATCH_FAILED);
      case 'metrics':
        return this.#answered(() => this.#scope.stores.call(this.#address, 'metrics', [this.#queue]) as Promise<QueueMetrics>, 'Queue metrics failed');
      default:
        throw invalidCall();
    }
  }

  get #address(): StoreAddress {
    return { product: 'queues', group: this.#scope.group, id: QUEUES_ID };
  }

  #sent(messages: readonly NewMessage[], isBatch: boolean): Promise<QueueMetrics> {
    return this.#outbox.send(messages, checkedSize(messages, isBatch));
  }

  /** @param failure what a refusal is told as, but for what is no call at all */
  async #answered(call: () => Promise<QueueMetrics>, failure: string): Promise<Reply> {
    try {
      const { backlogCount, backlogBytes, oldestMessageTimestamp } = await call();
      return [backlogCount, backlogBytes, oldestMessageTimestamp];
    } catch (error) {
      if (error instanceof OpError && error.name === QUOTA_EXCEEDED) throw new OpError('Error', `${failure}: ${STORAGE_LIMIT}`);
      if (error instanceof OpError && error.name === 'Error') throw new OpError('Error', `${failure}: ${error.message}`);
      throw error;
    }
  }

  /** @param isAscii the body is known to have a byte for each character */
  #message(type: unknown, delay: unknown, body: unknown, isAscii = false): NewMessage {
    const delayMs = delayOf(delay ?? this.#delay) * 1000;
    if ((type === 'text' || type === 'json') && typeof body === 'string') return { type, body, size: isAscii ? body.length : Buffer.byteLength(body), delayMs };
    const bytes = bytesOf(body);
    if ((type === 'bytes' || type === 'v8') && bytes !== undefined) return { type, body: bytes, size: bytes.byteLength, delayMs };
    throw invalidCall();
  }

  #batch([head, text, bytes]: readonly unknown[]): NewMessage[] {
    const rows = rowsOf(head);
    const all = bytesOf(bytes) ?? new Uint8Array();
    if (typeof text !== 'string') throw invalidCall();
    if (rows.length > MOST_BATCH) throw new OpError('Error', `batch message count of ${rows.length} exceeds limit of ${MOST_BATCH}`);
    const at = { text: 0, bytes: 0 };
    const isAscii = Buffer.byteLength(text) === text.length;
    return rows.map((row) => {
      if (!Array.isArray(row)) throw invalidCall();
      const [type, length, delay] = row as unknown[];
      const kind = type === 'text' || type === 'json' ? 'text' : 'bytes';
      const start = at[kind];
      if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0 || start + length > (kind === 'text' ? text : all).length)
        throw invalidCall();
      at[kind] += length;
      return this.#message(type, delay, kind === 'text' ? text.slice(start, at.text) : all.slice(start, at.bytes), isAscii);
    });
  }
}

/** The head of a batch: JSON that a tenant may have had a hand in, by way of toJSON. */
function rowsOf(head: unknown): unknown[] {
  try {
    const rows: unknown = JSON.parse(String(head));
    if (Array.isArray(rows)) return rows;
  } catch {
    // No JSON, either.
  }
  throw invalidCall();
}

/** The bytes of the messages' bodies. The texts are Miniflare's. */
function checkedSize(messages: readonly NewMessage[], isBatch: boolean): number {
  let [total, largest] = [0, 0];
  for (const { size } of messages) {
    total += size;
    largest = Math.max(largest, size);
  }
  if (largest > MOST_MESSAGE_BYTES) {
    const alone = `message length of ${largest} bytes exceeds limit of ${MOST_MESSAGE_BYTES}`;
    const among = `message in batch has length ${largest} bytes which exceeds single message size limit of ${MOST_MESSAGE_BYTES}`;
    throw new OpError('Error', isBatch ? among : alone);
  }
  if (total > MOST_BATCH_BYTES) throw new OpError('Error', `batch size of ${total} bytes exceeds limit of ${NAMED_BATCH_BYTES}`);
  return total;
}

function delayOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > MOST_DELAY_SECONDS) throw new OpError('Error', 'Bad Request');
  return value;
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return value instanceof Uint8Array ? value : undefined;
}

export const queueManifest: BindingManifest = {
  type: 'queue',
  store: () => ({ product: 'queues', id: QUEUES_ID }),
  open: (_name, options, scope) => new QueueBinding(scope, options),
};
