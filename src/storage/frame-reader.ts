/**
 * Frames over a byte stream: four bytes of length, low byte first, then so many of a body.
 *
 * Contract: a body that comes in one piece is not copied. Of one that does not, no more memory is taken than a few times
 * what has come of it, in whatever pieces, however long it says it is.
 */
import type { Duplex } from 'node:stream';

export const HEAD_BYTES = 4;
/** More than any value of a product and its surroundings. */
export const MOST_FRAME_BYTES = 256 * 1024 * 1024;

/** Room for the part of a body that has come, at first; and how much more there is each time, compared with what has come. */
const PART_BYTES = 64 * 1024;
const GROWTH = 4;

export class FrameReader {
  /** What has come and was not looked at. */
  #rest: Buffer | undefined;
  /** The frame that has begun: its head, as far as it has come, or its body. */
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headBytes = 0;
  #body: Buffer | undefined;
  #bodyBytes = 0;

  /** Takes in what has come, which may be used again once `next` has nothing more. */
  push(chunk: Buffer): void {
    this.#rest = chunk;
  }

  /**
   * The next body; undefined where none has come as a whole.
   * @param most bytes that it may have
   * @throws Error for one that is announced as longer
   */
  next(most: number): Buffer | undefined {
    const length = this.#length();
    if (length === undefined) return undefined;
    if (length > most) throw new Error('a frame is too long');
    const rest = this.#rest;
    const isWhole = this.#body === undefined && rest !== undefined && rest.length >= length;
    const body = isWhole ? rest.subarray(0, length) : this.#gathered(length);
    if (body === undefined) return undefined;
    if (isWhole) this.#drop(length);
    this.#headBytes = 0;
    this.#body = undefined;
    this.#bodyBytes = 0;
    return body;
  }

  #length(): number | undefined {
    const rest = this.#rest;
    if (this.#headBytes < HEAD_BYTES) {
      if (rest === undefined) return undefined;
      const bytes = rest.copy(this.#head, this.#headBytes, 0, HEAD_BYTES - this.#headBytes);
      this.#headBytes += bytes;
      this.#drop(bytes);
    }
    return this.#headBytes < HEAD_BYTES ? undefined : this.#head.readUInt32LE();
  }

  /** Puts a body together. */
  #gathered(length: number): Buffer | undefined {
    const rest = this.#rest;
    if (rest === undefined) return length === 0 ? Buffer.alloc(0) : undefined;
    const wanted = Math.min(length, this.#bodyBytes + rest.length);
    if (this.#body === undefined || this.#body.length < wanted) {
      const larger = Buffer.allocUnsafeSlow(Math.min(length, Math.max(PART_BYTES, wanted * GROWTH)));
      this.#body?.copy(larger, 0, 0, this.#bodyBytes);
      this.#body = larger;
    }
    const bytes = rest.copy(this.#body, this.#bodyBytes, 0, length - this.#bodyBytes);
    this.#bodyBytes += bytes;
    this.#drop(bytes);
    return this.#bodyBytes === length ? this.#body : undefined;
  }

  #drop(bytes: number): void {
    const rest = this.#rest as Buffer;
    this.#rest = bytes === rest.length ? undefined : rest.subarray(bytes);
  }
}

/**
 * Calls `receive` with the frames that come on a connection, one by one; ends the connection where one is too long, and
 * hears nothing more of one that has ended.
 * @param most bytes that the next one may have
 */
export function eachFrame(stream: Duplex, receive: (body: Buffer) => void, most: () => number = () => MOST_FRAME_BYTES): void {
  const reader = new FrameReader();
  const next = (): Buffer | undefined => {
    try {
      return reader.next(most());
    } catch {
      stream.destroy();
      return undefined;
    }
  };
  stream.on('data', (chunk: Buffer) => {
    if (stream.destroyed) return;
    reader.push(chunk);
    for (let body = next(); body !== undefined; body = next()) {
      receive(body);
      if (stream.destroyed) return;
    }
  });
}

/** A frame, for what is short. */
export function frameOf(text: string): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + Buffer.byteLength(text));
  frame.writeUInt32LE(frame.length - HEAD_BYTES);
  frame.write(text, HEAD_BYTES);
  return frame;
}
