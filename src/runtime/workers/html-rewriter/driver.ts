/**
 * Runs a rewriter between two streams.
 *
 * Contract: works only while the reader of the result waits for a chunk, so that a slow client holds back the
 * source. What is ready is sent before a handler, or a stream of content, is waited for. The first failure ends
 * both streams.
 */
import { type Deferred, PromiseCtor, PromisePrototypeThen, newDeferred } from '../../primordials.ts';
import { type ReadableStream, type Reader, cancelLocked, chunkBytes, lockStream, notBytesError, pullStream, readChunk } from '../../web/body-stream.ts';
import type { Rewriter } from './rewriter.ts';
import type { Wait } from './tokenizer.ts';

type Pull = { resolve: (chunk: Uint8Array | null) => void; reject: (reason: unknown) => void };

const READING = 0;
const REWRITING = 1;
const LAST_TOKENS = 2;
const LAST_TEXT = 3;
const END = 4;
const DONE = 5;

class Driver {
  readonly #rewriter: Rewriter;
  readonly #reader: Reader;
  #stage = READING;
  /** The chunk somebody waits for. */
  #pull: Pull | undefined;
  /** Something has to be waited for: a chunk of the source, a handler, a stream of content. */
  #isBusy = false;
  #isLooping = false;
  #room: Deferred<void> | undefined;
  #failure: { reason: unknown } | undefined;

  constructor(rewriter: Rewriter, source: ReadableStream) {
    this.#rewriter = rewriter;
    this.#reader = lockStream(source);
    rewriter.onRoom = () => {
      this.#deliver();
      this.#room = newDeferred<void>();
      return this.#room.promise;
    };
  }

  pull(): Promise<Uint8Array | null> {
    return new PromiseCtor((resolve, reject) => {
      this.#pull = { resolve, reject };
      const room = this.#room;
      this.#room = undefined;
      if (room !== undefined) room.resolve();
      else if (!this.#isBusy) this.#loop();
    });
  }

  cancel(reason: unknown): void {
    this.#stage = DONE;
    cancelLocked(this.#reader, reason);
  }

  /** Hands over what there is. */
  #deliver(): void {
    const { output } = this.#rewriter;
    const pull = this.#pull;
    if (pull === undefined || output.size === 0) return;
    this.#pull = undefined;
    pull.resolve(output.take());
  }

  #fail(reason: unknown): void {
    this.#failure = { reason };
    if (this.#stage !== DONE) cancelLocked(this.#reader, reason);
    this.#stage = DONE;
    this.#isBusy = false;
    this.#pull?.reject(reason);
    this.#pull = undefined;
  }

  /** Goes on until there is something to hand over, or to wait for. */
  #loop(): void {
    // Chunks that wait in the source's queue are answered at once: a loop, lest they fill the stack.
    if (this.#isLooping) return;
    this.#isLooping = true;
    while (!this.#isBusy && this.#pull !== undefined) {
      if (this.#failure !== undefined) {
        this.#fail(this.#failure.reason);
        break;
      }
      try {
        this.#step();
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#isLooping = false;
  }

  #step(): void {
    const rewriter = this.#rewriter;
    switch (this.#stage) {
      case READING:
        this.#read();
        return;
      case REWRITING:
        this.#then(rewriter.run(), REWRITING, READING);
        return;
      case LAST_TOKENS:
        this.#then(rewriter.run(), LAST_TOKENS, LAST_TEXT);
        return;
      case LAST_TEXT:
        this.#then(rewriter.endOfText(), END, END);
        return;
      case END:
        this.#then(rewriter.endDocument(), DONE, DONE);
        return;
      default:
        this.#deliver();
        this.#pull?.resolve(null);
        this.#pull = undefined;
    }
  }

  /** Goes on with a stage: at once, or after a wait. */
  #then(wait: Wait, afterWait: number, atOnce: number): void {
    if (wait === undefined) {
      this.#stage = atOnce;
      this.#deliver();
      return;
    }
    this.#stage = afterWait;
    this.#isBusy = true;
    this.#rewriter.settle();
    this.#deliver();
    PromisePrototypeThen(
      wait,
      () => {
        this.#isBusy = false;
        this.#loop();
      },
      (reason) => this.#fail(reason),
    );
  }

  #read(): void {
    this.#isBusy = true;
    readChunk(this.#reader, {
      chunk: (chunk) => {
        this.#isBusy = false;
        const bytes = chunkBytes(chunk);
        if (bytes === undefined) return this.#fail(notBytesError(chunk));
        this.#rewriter.feed(bytes);
        this.#stage = REWRITING;
        this.#loop();
      },
      close: () => {
        this.#isBusy = false;
        this.#rewriter.finish();
        this.#stage = LAST_TOKENS;
        this.#loop();
      },
      error: (reason) => this.#fail(reason),
    });
  }
}

/** The result of a rewriter that is fed from `source`, which is locked from now on. */
export function rewriteStream(rewriter: Rewriter, source: ReadableStream): ReadableStream {
  const driver = new Driver(rewriter, source);
  return pullStream(
    () => driver.pull(),
    (reason) => driver.cancel(reason),
  );
}
