/**
 * Part of a file as a stream. Whoever only passes its chunks on may give them back, to be filled again: new memory
 * for every chunk costs more than reading it does.
 *
 * Contract: without `startRecycling` every chunk is alone in its memory, so that it may be handed to a tenant. With it
 * chunks hold what others have read before, beyond their ends, and must be seen by nobody but a socket.
 */
import { close, read } from 'node:fs';
import { Readable } from 'node:stream';
import type { RecyclingStream } from '../ports/host-body.ts';

const CHUNK_BYTES = 256 * 1024;
const MOST_SPARE = 32;
const spare: Buffer[] = [];

export class FileStream extends Readable implements RecyclingStream {
  readonly #fd: number;
  #at: number;
  readonly #end: number;
  #isRecycling = false;
  #isReading = false;
  #onRead: (() => void) | undefined;

  /** @param fd is closed with the stream @param length in bytes; a file that is shorter is an error */
  constructor(fd: number, offset: number, length: number) {
    super({ highWaterMark: CHUNK_BYTES });
    this.#fd = fd;
    this.#at = offset;
    this.#end = offset + length;
  }

  startRecycling(): void {
    this.#isRecycling = true;
  }

  recycle(chunk: Uint8Array): void {
    if (this.#isRecycling && chunk.buffer.byteLength === CHUNK_BYTES && spare.length < MOST_SPARE) spare.push(Buffer.from(chunk.buffer as ArrayBuffer));
  }

  override _read(): void {
    const wanted = Math.min(CHUNK_BYTES, this.#end - this.#at);
    if (wanted === 0) return void this.push(null);
    const buffer = this.#isRecycling ? (spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES)) : Buffer.allocUnsafeSlow(wanted);
    this.#isReading = true;
    read(this.#fd, buffer, 0, wanted, this.#at, (error, count) => {
      this.#isReading = false;
      const onRead = this.#onRead;
      if (onRead !== undefined) return onRead();
      if (error !== null) return void this.destroy(error);
      if (count === 0) return void this.destroy(new Error('a file is shorter than it was'));
      this.#at += count;
      // A part of memory of its own is not alone in it.
      this.push(count === buffer.length || this.#isRecycling ? buffer.subarray(0, count) : Buffer.from(new Uint8Array(buffer.subarray(0, count)).buffer));
    });
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const finish = (): void => close(this.#fd, (closing) => callback(error ?? closing));
    // The number of a closed file may be another's at once: a read under way must end first.
    if (this.#isReading) this.#onRead = finish;
    else finish();
  }
}
