/**
 * A host body over a Node stream: an incoming request or an upstream's response.
 *
 * Contract, binding on changes to this file: bytes leave the stream only when asked for, so that
 * back-pressure reaches the sender; the body is consumed once, by one of `text`, `bytes`, `stream`
 * or a run of `read`; every failure is an OpError; an incoming request is never destroyed, because
 * its socket has the response still to carry.
 */
import { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { HostBody } from '../ports/host-body.ts';
import { asBodyError, BodyLimitError, bodyLost, bodyUsed, tooLargeToHold } from './body-errors.ts';
import { BodyRelay } from './body-relay.ts';
import { Utf8Accumulator } from './body-text.ts';
import type { OpError } from '../base/op-error.ts';

/** What text() and bytes() hold at most. */
const MOST_BYTES_HELD = 128 * 1024 * 1024;
/** The largest chunk that crosses at once. */
const MOST_BYTES_READ = 1024 * 1024;

export type StreamBodyOptions = {
  /** More bytes than this fail with BodyLimitError. */
  limit?: number;
  /** The declared length, enforced by the protocol below (Content-Length); undefined when it is not known. */
  length?: number | undefined;
  /** What text() and bytes() hold at most. */
  held?: number;
  /** Turns the stream's errors into what the tenant may see. */
  explain?: (error: unknown) => OpError;
};

export class StreamBody implements HostBody {
  /** The declared length, if known. */
  readonly length: number | undefined;
  readonly #stream: Readable;
  readonly #limit: number;
  readonly #held: number;
  readonly #explain: (error: unknown) => OpError;
  #settled = false;
  #onSettled: (() => void) | undefined;
  #mode: 'fresh' | 'reading' | 'taken' = 'fresh';
  #count = 0;
  #error: OpError | undefined;
  #ended = false;
  #waiter: (() => void) | undefined;

  constructor(stream: Readable, options: StreamBodyOptions = {}) {
    this.#stream = stream;
    this.length = options.length;
    this.#limit = options.limit ?? Number.POSITIVE_INFINITY;
    this.#held = options.held ?? MOST_BYTES_HELD;
    this.#explain = options.explain ?? asBodyError;
    if ((options.length ?? 0) > this.#limit) this.#error = new BodyLimitError(this.#limit);
    // Also keeps an error that comes while nobody is reading from bringing down the process.
    stream.on('error', this.#onError).on('close', this.#onClose).on('end', this.#onEnd);
  }

  /** More came than the limit allows. */
  get exceeded(): boolean {
    return this.#error instanceof BodyLimitError;
  }

  readonly #onReadable = (): void => this.#wake();
  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#settle();
    this.#wake();
  };
  readonly #onError = (error: Error): void => this.#fail(this.#explain(error));
  readonly #onClose = (): void => {
    if (!this.#ended && !this.#stream.readableEnded) this.#fail(bodyLost());
  };

  async read(): Promise<Uint8Array | null> {
    if (this.#mode === 'taken' || this.#waiter !== undefined) throw bodyUsed();
    if (this.#mode === 'fresh') {
      this.#mode = 'reading';
      if (this.#error === undefined) this.#stream.on('readable', this.#onReadable);
    }
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      const chunk = this.#pull();
      if (chunk !== null) {
        this.#admit(chunk);
        return chunk;
      }
      if (this.#ended || this.#stream.readableEnded) return null;
      if (this.#stream.destroyed) throw this.#stream.errored ? this.#explain(this.#stream.errored) : bodyLost();
      await new Promise<void>((resolve) => {
        this.#waiter = resolve;
      });
    }
  }

  /** What is buffered, as one chunk: Node joins the pieces if it is asked for their exact length, and hands a lone one over as it is. */
  #pull(): Buffer | null {
    const stream = this.#stream;
    const buffered = stream.readableLength;
    return buffered === 0 ? stream.read() : stream.read(Math.min(buffered, MOST_BYTES_READ));
  }

  async text(): Promise<string> {
    const text = new Utf8Accumulator();
    await this.#drain((chunk) => text.push(chunk));
    return text.finish();
  }

  async bytes(): Promise<ArrayBuffer> {
    const chunks: Uint8Array[] = [];
    const total = await this.#drain((chunk) => chunks.push(chunk));
    const only = chunks.length === 1 ? chunks[0] : undefined;
    if (only !== undefined && only.byteLength === only.buffer.byteLength && only.buffer instanceof ArrayBuffer) return only.buffer;
    const joined = new Uint8Array(total);
    let at = 0;
    for (const chunk of chunks) {
      joined.set(chunk, at);
      at += chunk.byteLength;
    }
    return joined.buffer;
  }

  /** Feeds the rest to `take` as it comes; resolves to the number of bytes. */
  async #drain(take: (chunk: Uint8Array) => void): Promise<number> {
    if (this.#mode === 'taken' || this.#waiter !== undefined) throw bodyUsed();
    const declared = this.length ?? 0;
    if (declared > this.#held) {
      this.cancel();
      throw tooLargeToHold(this.#held);
    }
    let total = 0;
    for (;;) {
      const chunk = await this.read();
      if (chunk === null) break;
      total += chunk.byteLength;
      if (total > this.#held) {
        this.cancel();
        throw tooLargeToHold(this.#held);
      }
      take(chunk);
    }
    this.#mode = 'taken';
    return total;
  }

  cancel(): void {
    this.#mode = 'taken';
    this.#error ??= bodyLost();
    this.#wake();
    this.#release();
    this.#settle();
  }

  stream(): Readable {
    if (this.#mode === 'taken' || this.#waiter !== undefined) throw bodyUsed();
    this.#mode = 'taken';
    const stream = this.#stream.off('readable', this.#onReadable);
    this.disown();
    const counted = this.length === undefined && this.#limit !== Number.POSITIVE_INFINITY;
    if (this.#error === undefined && !counted && !(stream instanceof IncomingMessage)) return stream;
    const relay = new BodyRelay(
      stream,
      (chunk) => this.#admit(chunk),
      () => this.#release(),
    );
    if (this.#error !== undefined) relay.destroy(this.#error);
    return relay;
  }

  /** Calls back once, when the body is done with in whatever way or somebody else answers for it. Whoever that is may ask in turn. */
  whenSettled(callback: () => void): void {
    if (this.#settled) callback();
    else this.#onSettled = callback;
  }

  /** Somebody else answers for the body's end from now on: it outlives the event it came in. */
  disown(): void {
    const settled = this.#onSettled;
    this.#onSettled = undefined;
    settled?.();
  }

  /** Counts a chunk against the limit. */
  #admit(chunk: Uint8Array): void {
    this.#count += chunk.byteLength;
    if (this.#count <= this.#limit) return;
    this.#fail(new BodyLimitError(this.#limit));
    throw this.#error ?? bodyLost();
  }

  #fail(error: OpError): void {
    this.#error ??= error;
    this.#release();
    this.#settle();
    this.#wake();
  }

  #wake(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.();
  }

  /** Lets go of the stream. What a client still sends is the HTTP layer's to drain or cut. */
  #release(): void {
    this.#stream.off('readable', this.#onReadable);
    if (this.#stream instanceof IncomingMessage) {
      if (!this.#stream.readableEnded && !this.#stream.destroyed) this.#stream.pause();
    } else if (!this.#stream.readableEnded) this.#stream.destroy();
  }

  #settle(): void {
    this.#settled = true;
    this.disown();
  }
}
