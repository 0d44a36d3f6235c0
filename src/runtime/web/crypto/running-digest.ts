/**
 * A digest of bytes that come bit by bit.
 *
 * Bytes are gathered until there are enough to be worth a trip; what never fills one batch is
 * digested in one piece and never has a handle on the host.
 */
import { Request } from '../../../protocol/ops.ts';
import { request } from '../../bridge.ts';
import { ArrayPrototypePush, TypedArrayPrototypeSet, Uint8ArrayCtor, markHandled } from '../../primordials.ts';
import { trackHandle } from './crypto-key.ts';

const BATCH_BYTES = 65_536;

export class RunningDigest {
  readonly #algorithm: string;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #handle = 0;

  constructor(algorithm: string) {
    this.#algorithm = algorithm;
  }

  /** Takes bytes that nobody else holds. Returns a promise when the next should wait. */
  update(bytes: Uint8Array): Promise<void> | undefined {
    ArrayPrototypePush(this.#chunks, bytes);
    this.#size += bytes.length;
    return this.#size >= BATCH_BYTES ? this.#flush() : undefined;
  }

  async finish(): Promise<ArrayBuffer> {
    if (this.#handle === 0) return (await request(Request.digest, this.#algorithm, this.#take())) as ArrayBuffer;
    await this.#flush();
    return (await request(Request.subtle, 'digestFinish', this.#handle)) as ArrayBuffer;
  }

  /** Tells the host that nobody wants the result. */
  abandon(): void {
    if (this.#handle !== 0) markHandled(request(Request.subtle, 'release', `[${this.#handle}]`));
  }

  async #flush(): Promise<void> {
    const bytes = this.#take();
    if (this.#handle === 0) {
      this.#handle = (await request(Request.subtle, 'digestStart', this.#algorithm)) as number;
      trackHandle(this, this.#handle);
    }
    await request(Request.subtle, 'digestUpdate', this.#handle, bytes);
  }

  /** Everything gathered, as one. */
  #take(): Uint8Array {
    const chunks = this.#chunks;
    const whole = chunks.length === 1 ? (chunks[0] as Uint8Array) : new Uint8ArrayCtor(this.#size);
    if (chunks.length !== 1) {
      for (let i = 0, at = 0; i < chunks.length; i++) {
        const chunk = chunks[i] as Uint8Array;
        TypedArrayPrototypeSet(whole, chunk, at);
        at += chunk.length;
      }
    }
    this.#chunks = [];
    this.#size = 0;
    return whole;
  }
}
