/**
 * A stream that reads another one without owning it.
 *
 * Contract: destroying the relay never destroys the source (an incoming request's socket still has a
 * response to carry), and nothing is copied. What passes may be watched and refused.
 */
import { Readable } from 'node:stream';
import { bodyLost } from './body-errors.ts';

export class BodyRelay extends Readable {
  readonly #source: Readable;
  readonly #watch: (chunk: Uint8Array) => void;
  readonly #released: () => void;
  #started = false;

  /**
   * @param watch sees every chunk; what it throws ends the relay
   * @param released called once, when the relay is done with the source, at its end or before
   */
  constructor(source: Readable, watch: (chunk: Uint8Array) => void, released: () => void) {
    super({ highWaterMark: 64 * 1024 });
    this.#source = source;
    this.#watch = watch;
    this.#released = released;
    source.on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose);
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      this.#watch(chunk);
    } catch (error) {
      this.destroy(error as Error);
      return;
    }
    if (!this.push(chunk)) this.#source.pause();
  };
  readonly #onEnd = (): void => {
    this.push(null);
  };
  readonly #onError = (error: Error): void => {
    this.destroy(error);
  };
  readonly #onClose = (): void => {
    if (!this.#source.readableEnded) this.destroy(bodyLost());
  };

  override _read(): void {
    if (this.#started) {
      this.#source.resume();
      return;
    }
    this.#started = true;
    if (this.#source.readableEnded) this.push(null);
    else if (this.#source.destroyed) this.destroy(bodyLost());
    else this.#source.on('data', this.#onData).resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const source = this.#source;
    source.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose);
    if (!source.readableEnded) source.pause();
    this.#released();
    callback(error);
  }
}
