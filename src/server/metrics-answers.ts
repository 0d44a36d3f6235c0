/**
 * What an engine has counted, as it tells when it is asked: in pieces, in time or late.
 *
 * Contract: an answer that comes late is taken all the same, since nobody else knows what is in it; pieces of none, and more
 * than any engine counts, are no words of ours.
 */
import type { FromEngine } from '../protocol/engine.ts';

type Piece = Extract<FromEngine, { type: 'metrics' }>;
type Asked = { pieces: string[]; letters: number; timer: NodeJS.Timeout; settled: PromiseWithResolvers<void> };

/** Milliseconds to the next piece. */
const PATIENCE_MS = 2000;
/** What an engine has counted for ten thousand apps takes 33 MB; where all of them have crons, queues and limits that were hit, 49 MB. */
const MOST_LETTERS = 64 * 1024 * 1024;
const MOST_PIECES = 10_000;
/** Questions that it may owe the answer to. Whoever asks then gets that to the last of them. */
const MOST_ASKED = 4;

export class MetricsAnswers {
  readonly #ask: (call: number) => void;
  readonly #asked = new Map<number, Asked>();
  #calls = 0;
  #newest = 0;
  /** The newest answer that is whole: texts for `parseMetrics`. */
  last: readonly string[] = [];

  constructor(ask: (call: number) => void) {
    this.#ask = ask;
  }

  /** Resolves when the answer is whole, or has not come on for a while. */
  ask(): Promise<void> {
    const open = this.#asked.get(this.#calls);
    if (open !== undefined && this.#asked.size >= MOST_ASKED) return open.settled.promise;
    const settled = Promise.withResolvers<void>();
    const call = ++this.#calls;
    this.#asked.set(call, { pieces: [], letters: 0, timer: patience(settled.resolve), settled });
    this.#ask(call);
    return settled.promise;
  }

  /** @returns false for what no engine of ours says */
  take({ call, text, isLast }: Piece): boolean {
    const asked = this.#asked.get(call);
    if (asked === undefined) return false;
    asked.pieces.push(text);
    asked.letters += text.length;
    if (asked.letters > MOST_LETTERS || asked.pieces.length > MOST_PIECES) return false;
    clearTimeout(asked.timer);
    if (!isLast) {
      asked.timer = patience(asked.settled.resolve);
      return true;
    }
    if (call > this.#newest) this.last = asked.pieces;
    this.#newest = Math.max(call, this.#newest);
    this.#asked.delete(call);
    asked.settled.resolve();
    return true;
  }

  /** It is gone: nobody waits for an answer that cannot come. */
  end(): void {
    for (const { timer, settled } of this.#asked.values()) {
      clearTimeout(timer);
      settled.resolve();
    }
    this.#asked.clear();
  }
}

function patience(end: () => void): NodeJS.Timeout {
  return setTimeout(end, PATIENCE_MS).unref();
}
