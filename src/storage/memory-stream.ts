/**
 * Part of bytes in memory that are everybody's, as a stream.
 *
 * Contract: whoever gets a chunk has a copy of its own, except a socket: `startRecycling` says that nobody else gets any.
 */
import { Readable } from 'node:stream';
import type { RecyclingStream } from '../ports/host-body.ts';

const CHUNK_BYTES = 256 * 1024;

export class MemoryStream extends Readable implements RecyclingStream {
  readonly #bytes: Uint8Array;
  #at = 0;
  #isShared = false;
  readonly #onClose: () => void;

  /** @param onClose called once: nobody reads it any more */
  constructor(bytes: Uint8Array, onClose: () => void) {
    super({ highWaterMark: CHUNK_BYTES });
    this.#bytes = bytes;
    this.#onClose = onClose;
  }

  startRecycling(): void {
    this.#isShared = true;
  }

  recycle(): void {
    // The memory is not this chunk's alone.
  }

  override _read(): void {
    // Of memory that is there anyway a socket may have all at once: it takes what it has room for, again and again.
    const chunk = this.#bytes.subarray(this.#at, this.#isShared ? undefined : this.#at + CHUNK_BYTES);
    this.#at += chunk.length;
    if (chunk.length === 0) this.push(null);
    else this.push(this.#isShared ? chunk : new Uint8Array(chunk));
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#onClose();
    callback(error);
  }
}
