/**
 * One isolate's turn at the host's threads: its jobs wait for each other, not for other isolates'.
 */
import type { Handles } from '../handles.ts';
import { OpError } from '../../base/op-error.ts';
import type { OpContext } from '../op.ts';
import { MAX_SHORT_JOBS, MAX_SLOW_JOBS, MAX_WAITING_BYTES, MAX_WAITING_JOBS } from './limits.ts';

class Gate {
  readonly #limit: number;
  #running = 0;
  #bytes = 0;
  readonly #queue: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  async run<T>(bytes: number, job: () => Promise<T>): Promise<T> {
    if (this.#bytes + bytes > MAX_WAITING_BYTES || this.#queue.length >= MAX_WAITING_JOBS)
      throw new OpError('OperationError', 'Too much cryptographic work is waiting.');
    this.#bytes += bytes;
    try {
      // The one that leaves hands its place over, so the count stays as it is.
      if (this.#running >= this.#limit) await new Promise<void>((resolve) => this.#queue.push(resolve));
      else this.#running++;
      try {
        return await job();
      } finally {
        const next = this.#queue.shift();
        if (next === undefined) this.#running--;
        else next();
      }
    } finally {
      this.#bytes -= bytes;
    }
  }
}

type Gates = { slow: Gate; short: Gate };
const gates = new WeakMap<Handles, Gates>();

/** Runs a job when it is its turn among the isolate's. Slow ones have a gate of their own, so that short ones get past them. */
export function gated<T>(context: OpContext, kind: keyof Gates, bytes: number, job: () => Promise<T>): Promise<T> {
  let own = gates.get(context.handles);
  if (own === undefined) {
    own = { slow: new Gate(MAX_SLOW_JOBS), short: new Gate(MAX_SHORT_JOBS) };
    gates.set(context.handles, own);
  }
  return own[kind].run(bytes, job);
}
