/** Where the rewritten bytes are gathered until the stream takes them. */
import { MathMax, TypedArrayPrototypeSet, Uint8ArrayCtor } from '../../primordials.ts';
import { type Charset, view } from './charset.ts';

export class Output {
  readonly charset: Charset;
  #bytes: Uint8Array = new Uint8ArrayCtor(0);
  size = 0;

  constructor(charset: Charset) {
    this.charset = charset;
  }

  #reserve(count: number): void {
    const needed = this.size + count;
    if (needed <= this.#bytes.length) return;
    // What is first is often all there is.
    const larger = new Uint8ArrayCtor(this.size === 0 ? needed : MathMax(needed, this.#bytes.length * 2, 1024));
    TypedArrayPrototypeSet(larger, this.size === this.#bytes.length ? this.#bytes : view(this.#bytes, 0, this.size));
    this.#bytes = larger;
  }

  bytes(bytes: Uint8Array, start: number, end: number): void {
    if (end <= start) return;
    this.#reserve(end - start);
    if (end - start < 64) {
      const own = this.#bytes;
      let at = this.size;
      for (let i = start; i < end; i++) own[at++] = bytes[i] as number;
    } else TypedArrayPrototypeSet(this.#bytes, view(bytes, start, end), this.size);
    this.size += end - start;
  }

  /** Text in the document's encoding. */
  text(text: string): void {
    const encoded = this.charset.encode(text);
    this.bytes(encoded, 0, encoded.length);
  }

  /** Everything so far, for the caller to keep. */
  take(): Uint8Array {
    const { size } = this;
    const whole = this.#bytes;
    this.#bytes = new Uint8ArrayCtor(0);
    this.size = 0;
    // Little is lost by handing out some room with it; much room is not.
    return size === whole.length ? whole : size > whole.length / 2 ? view(whole, 0, size) : new Uint8ArrayCtor(view(whole, 0, size));
  }
}
