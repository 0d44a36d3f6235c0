/** What one event may use of the outside: subrequests, calls of bindings, connections at a time. */
import { OpError } from '../base/op-error.ts';
import { MOST_BINDING_CALLS } from '../protocol/bindings.ts';

export type QuotaLimits = { subrequests: number; connections: number };

export class EventQuota {
  readonly #limits: QuotaLimits;
  readonly #onLimit: (detail: string) => void;
  #subrequests = 0;
  #bindingCalls = 0;
  #connections = 0;
  #waiting: (() => void)[] = [];

  /** @param onLimit told once of each limit that is passed: an event may try a thousand times more */
  constructor(limits: QuotaLimits, onLimit: (detail: string) => void) {
    this.#limits = limits;
    this.#onLimit = onLimit;
  }

  /** @throws OpError with Cloudflare's words where the limit is passed */
  countSubrequest(): void {
    const { subrequests } = this.#limits;
    if (++this.#subrequests <= subrequests) return;
    if (this.#subrequests === subrequests + 1) this.#onLimit(`more than ${subrequests} subrequests`);
    throw new OpError('Error', 'Too many subrequests.');
  }

  /** @throws OpError with Cloudflare's words where the limit is passed */
  countBindingCall(): void {
    if (++this.#bindingCalls <= MOST_BINDING_CALLS) return;
    if (this.#bindingCalls === MOST_BINDING_CALLS + 1) this.#onLimit(`more than ${MOST_BINDING_CALLS} calls of bindings`);
    throw new OpError('Error', 'Too many API requests by single worker invocation.');
  }

  /** Waits for a place. @returns gives it to the next in line, or back */
  async acquireConnection(): Promise<() => void> {
    if (this.#connections >= this.#limits.connections) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    } else this.#connections++;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#connections--;
      else next();
    };
  }
}
