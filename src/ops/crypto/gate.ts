/**
 * One isolate's turn at the host's threads: its jobs wait for each other. Slow ones of all isolates take turns at as many threads
 * as there are processors, or a few tenants that make RSA keys would leave the I/O thread a small share of them.
 *
 * Contract: what a job takes of a thread is CPU time of the event that asked for it; jobs of an event that is over are
 * not begun.
 */
import { availableParallelism } from 'node:os';
import type { Handles } from '../handles.ts';
import { OpError } from '../../base/op-error.ts';
import type { EventState, OpContext } from '../op.ts';
import { MAX_SHORT_JOBS, MAX_SLOW_JOBS, MAX_WAITING_BYTES, MAX_WAITING_JOBS } from './limits.ts';

class Gate {
  readonly #limit: number;
  #running = 0;
  #bytes = 0;
  readonly #queue: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  async run<T>(event: EventState | undefined, bytes: number, job: () => Promise<T>): Promise<T> {
    if (this.#bytes + bytes > MAX_WAITING_BYTES || this.#queue.length >= MAX_WAITING_JOBS)
      throw new OpError('OperationError', 'Too much cryptographic work is waiting.');
    this.#bytes += bytes;
    try {
      // The one that leaves hands its place over, so the count stays as it is.
      if (this.#running >= this.#limit) await new Promise<void>((resolve) => this.#queue.push(resolve));
      else this.#running++;
      try {
        if (event?.ended === true) throw new OpError('OperationError', 'The event is over.');
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

/** Runs a job on a thread, and charges its event for the time. */
async function timed<T>(event: EventState | undefined, job: () => Promise<T>): Promise<T> {
  const started = performance.now();
  try {
    return await job();
  } finally {
    event?.charge(performance.now() - started);
  }
}

type Gates = { slow: Gate; short: Gate };
const gates = new WeakMap<Handles, Gates>();
/** An isolate has one place in this line at a time, so that nobody waits for all that another has to do. */
const processors = new Gate(availableParallelism());

/**
 * Runs a job of an event (0: of none) when it is its turn among the isolate's. Slow ones have a gate of their own, so that short ones get
 * past them.
 */
export function gated<T>(context: OpContext, event: unknown, kind: keyof Gates, bytes: number, job: () => Promise<T>): Promise<T> {
  let own = gates.get(context.handles);
  if (own === undefined) {
    own = { slow: new Gate(MAX_SLOW_JOBS), short: new Gate(MAX_SHORT_JOBS) };
    gates.set(context.handles, own);
  }
  const state = context.event(event);
  const work = (): Promise<T> => timed(state, job);
  return own[kind].run(state, bytes, kind === 'slow' ? () => processors.run(state, 0, work) : work);
}
