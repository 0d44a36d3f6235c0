import type { EventState } from './op.ts';

/** The end of a test's event. */
export class TestEnd implements Pick<EventState, 'ended' | 'signal' | 'atEnd'> {
  readonly #abort = new AbortController();

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get ended(): boolean {
    return this.#abort.signal.aborted;
  }

  readonly atEnd = (close: () => void): (() => void) => {
    if (this.ended) close();
    this.signal.addEventListener('abort', close, { once: true });
    return () => this.signal.removeEventListener('abort', close);
  };

  end(): void {
    this.#abort.abort();
  }
}
