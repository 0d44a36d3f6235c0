/**
 * Bytes to text, chunk by chunk, exactly as the WHATWG decoder would decode them in one piece.
 *
 * Contract: only the start of a sequence may be carried over to the next chunk. A decoder that meets
 * a lead byte is, or goes back to, its initial state, so cutting before one changes nothing.
 * @see https://encoding.spec.whatwg.org/#utf-8-decode
 */
export class Utf8Accumulator {
  #text = '';
  #carry: Buffer | undefined;
  #first = true;

  push(chunk: Uint8Array): void {
    let bytes = asBuffer(chunk);
    if (this.#carry !== undefined) {
      bytes = Buffer.concat([this.#carry, bytes]);
      this.#carry = undefined;
    }
    const cut = completeLength(bytes);
    if (cut < bytes.length) this.#carry = Buffer.from(bytes.subarray(cut));
    if (cut > 0) this.#append(bytes.toString('utf8', 0, cut));
  }

  /** All of it. Nothing may be pushed afterwards. */
  finish(): string {
    if (this.#carry !== undefined) this.#append(this.#carry.toString('utf8'));
    this.#carry = undefined;
    return this.#text;
  }

  #append(piece: string): void {
    // The byte order mark is the first character or it is text.
    this.#text += this.#first && piece.charCodeAt(0) === 0xfeff ? piece.slice(1) : piece;
    this.#first = false;
  }
}

/** A Buffer over the same memory. */
export function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

/** How many bytes can be decoded now: all but a sequence whose end has not come yet. */
function completeLength(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (length > back) return bytes.length - back;
    break;
  }
  return bytes.length;
}
