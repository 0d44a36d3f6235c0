/**
 * Messages on their way from an engine to the store: what is sent to a queue by one turn of the isolate is one call.
 *
 * Contract: nobody is answered before the commit. Room is given out sender by sender: where there is none for all that goes
 * together, each sender is let ask alone, in the order they came.
 */
import { OpError } from '../../base/op-error.ts';
import { QUOTA_EXCEEDED, type StoreAddress, type Stores } from '../../ports/stores.ts';
import { type NewMessage, type QueueMetrics, STORAGE_LIMIT } from './messages.ts';
import { MOST_MERGED, MOST_MERGED_BYTES, pack } from './parcels.ts';

/** Of one sender. `bytes`: of the bodies. */
type Sent = { messages: readonly NewMessage[]; bytes: number; resolve: (metrics: QueueMetrics) => void; reject: (error: unknown) => void };

/** What one call takes with it. */
const MOST_BYTES = 1024 * 1024;
const MOST_SENDERS = 1000;

export class Outbox {
  readonly #stores: Stores;
  readonly #address: StoreAddress;
  readonly #queue: string;
  #waiting: Sent[] = [];
  #bytes = 0;

  constructor(stores: Stores, address: StoreAddress, queue: string) {
    this.#stores = stores;
    this.#address = address;
    this.#queue = queue;
  }

  /** @param bytes of the messages' bodies @throws OpError, as the store does */
  send(messages: readonly NewMessage[], bytes: number): Promise<QueueMetrics> {
    return new Promise((resolve, reject) => {
      // Before promises go on: whoever asks for a batch then is to find what was sent before.
      if (this.#waiting.push({ messages, bytes, resolve, reject }) === 1) process.nextTick(this.#flush);
      this.#bytes += bytes;
      if (this.#bytes >= MOST_BYTES || this.#waiting.length >= MOST_SENDERS) this.#flush();
    });
  }

  readonly #flush = (): void => {
    const sent = this.#waiting;
    if (sent.length === 0) return;
    this.#waiting = [];
    this.#bytes = 0;
    this.#store(sent).then(
      (metrics) => {
        for (const { resolve } of sent) resolve(metrics);
      },
      (error: unknown) => {
        if (sent.length > 1 && isRefusal(error)) for (const one of sent) this.#store([one]).then(one.resolve, one.reject);
        else for (const { reject } of sent) reject(error);
      },
    );
  };

  #store(sent: readonly Sent[]): Promise<QueueMetrics> {
    return this.#stores.call(this.#address, 'send', [this.#queue, ...arranged(sent)]) as Promise<QueueMetrics>;
  }
}

/** What is to be delivered as it comes, in as few pieces as may be, and what is to wait. */
function arranged(sent: readonly Sent[]): [parcels: Uint8Array[], delayed: NewMessage[]] {
  const parcels: Uint8Array[] = [];
  const delayed: NewMessage[] = [];
  let prompt: NewMessage[] = [];
  let size = 0;
  for (const { messages, bytes } of sent) {
    if (prompt.length > 0 && (prompt.length + messages.length > MOST_MERGED || size + bytes > MOST_MERGED_BYTES)) {
      parcels.push(pack(prompt));
      prompt = [];
      size = 0;
    }
    for (const message of messages) (message.delayMs === 0 ? prompt : delayed).push(message);
    size += bytes;
  }
  if (prompt.length > 0) parcels.push(pack(prompt));
  return [parcels, delayed];
}

/** Nothing of the call has been stored: it was for more than there is room for. */
const isRefusal = (error: unknown): boolean => error instanceof OpError && (error.name === QUOTA_EXCEEDED || error.message === STORAGE_LIMIT);
