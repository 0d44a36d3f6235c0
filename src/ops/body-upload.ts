/**
 * Request bodies that an isolate streams to an upstream, chunk by chunk.
 *
 * Contract: a chunk is acknowledged when the upstream can take more; an isolate that does not wait
 * for that fills its own upload up to a bound and then loses it.
 */
import { Readable } from 'node:stream';
import { asBuffer } from './body-text.ts';
import type { Handles } from './handles.ts';
import { Numbered } from '../base/numbered.ts';
import { OpError } from '../base/op-error.ts';

/** What may wait unacknowledged, beyond the chunk being written. */
const MOST_WAITING = 16 * 1024 * 1024;

type Waiter = { resolve: () => void; reject: (error: OpError) => void };

const uploadOver = (): OpError => new OpError('TypeError', 'The request body can no longer be sent: the request is over.');

const requestFailed = (): OpError => new OpError('TypeError', 'The request body stream failed.');

/** The sending side of a streamed request body; as a Readable it is what the upstream gets. */
export class Upload extends Readable {
  #waiters: Waiter[] = [];
  #closed = false;
  readonly #brokenOff: () => OpError;

  /** @param brokenOff what whoever reads it hears when it breaks off */
  constructor(brokenOff: () => OpError = requestFailed) {
    super({ highWaterMark: 64 * 1024 });
    this.#brokenOff = brokenOff;
    // Whoever reads it reports what went wrong; this only keeps an early failure from bringing down the process.
    this.on('error', () => {});
  }

  /** Queues a chunk. A promise means: wait for it before the next one. */
  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#closed || this.destroyed) throw uploadOver();
    if (chunk.byteLength === 0) return undefined;
    if (this.readableLength > MOST_WAITING) {
      const error = new OpError('TypeError', 'Too much of the request body was written without waiting.');
      this.destroy(error);
      throw error;
    }
    if (this.push(asBuffer(chunk))) return undefined;
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** The body is complete. */
  close(): void {
    if (this.#closed || this.destroyed) return;
    this.#closed = true;
    this.push(null);
  }

  /** The body broke off: so does the request. */
  abort(): void {
    if (this.#closed || this.destroyed) return;
    this.destroy(this.#brokenOff());
  }

  override _read(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { resolve } of waiters) resolve();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { reject } of waiters) reject(uploadOver());
    callback(error);
  }
}

const uploadsByIsolate = new WeakMap<Handles, Numbered<Upload>>();

/** The uploads of an isolate, by the number of the fetch call they belong to. */
export function uploadsOf(handles: Handles): Numbered<Upload> {
  let uploads = uploadsByIsolate.get(handles);
  if (uploads === undefined) uploadsByIsolate.set(handles, (uploads = new Numbered()));
  return uploads;
}
