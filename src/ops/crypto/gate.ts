/**
 * One isolate's turn at the host's threads: slow jobs wait for each other, not for other isolates'.
 */
import type { Handles } from '../handles.ts';
import { OpError, type OpContext } from '../op.ts';
import { MAX_HEAVY_JOBS, MAX_WAITING_BYTES } from './limits.ts';

class Gate {
  #running = 0;
  #bytes = 0;
  readonly #queue: (() => void)[] = [];

  async run<T>(bytes: number, job: () => Promise<T>): Promise<T> {
    if (this.#bytes + bytes > MAX_WAITING_BYTES) throw new OpError('OperationError', 'Too many bytes are waiting for cryptographic work.');
    this.#bytes += bytes;
    try {
      // The one that leaves hands its place over, so the count stays as it is.
      if (this.#running >= MAX_HEAVY_JOBS) await new Promise<void>((resolve) => this.#queue.push(resolve));
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

const gates = new WeakMap<Handles, Gate>();

/** Runs a slow job when it is its turn among the isolate's. */
export function gated<T>(context: OpContext, bytes: number, job: () => Promise<T>): Promise<T> {
  let gate = gates.get(context.handles);
  if (gate === undefined) gates.set(context.handles, (gate = new Gate()));
  return gate.run(bytes, job);
}
