/**
 * Rate limits: `env.NAME.limit({ key })`, on the host.
 *
 * Contract: apps of a group that name the same namespace count together, over all engines. A key that has been
 * refused is refused here until its window ends, without asking: a flood costs the store process nothing.
 * @see https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/
 */
import { createHash } from 'node:crypto';
import { invalidCall, OpError } from '../../base/op-error.ts';
import type { Json } from '../../protocol/bindings.ts';
import type { Binding, BindingManifest, BindingScope, Caller, Reply } from '../binding.ts';
import { LONGEST_KEY, PERIODS } from './store.ts';

/** Refused keys that are remembered. */
const MOST_REFUSED = 10_000;
/** All namespaces of a group. */
const COUNTERS = { product: 'ratelimit', id: 'counters' } as const;

class RatelimitBinding implements Binding {
  readonly #scope: BindingScope;
  readonly #namespace: string;
  readonly #limit: number;
  readonly #period: number;
  /** Refused keys, each with the window it was refused in. */
  readonly #refused = new Map<string, number>();

  constructor(scope: BindingScope, options: Readonly<Record<string, Json>>) {
    this.#scope = scope;
    this.#namespace = String(options['namespace']);
    this.#limit = Number(options['limit']);
    this.#period = Number(options['period']);
  }

  /** `limit`: key, then the limit and the period where the call has its own → whether it is within the limit. */
  async call(method: string, args: readonly unknown[], _caller: Caller): Promise<Reply> {
    const [name, limit = this.#limit, period = this.#period] = args;
    if (method !== 'limit' || typeof name !== 'string' || typeof limit !== 'number') throw invalidCall();
    if (!PERIODS.includes(period)) throw new OpError('Error', `unsupported period: ${String(period)}`);
    const key = name.length > LONGEST_KEY ? `#${createHash('sha256').update(name).digest('base64')}` : name;
    const window = Math.floor(Date.now() / ((period as number) * 1000));
    const refusal = `${String(period)} ${limit} ${key}`;
    if (this.#refused.get(refusal) === window) return false;
    const address = { ...COUNTERS, group: this.#scope.group };
    const isWithin = (await this.#scope.stores.call(address, 'take', [this.#namespace, period, key, limit])) === true;
    if (!isWithin) this.#remember(refusal, window);
    return isWithin;
  }

  #remember(refusal: string, window: number): void {
    if (this.#refused.size >= MOST_REFUSED) this.#refused.clear();
    this.#refused.set(refusal, window);
  }
}

export const ratelimitManifest: BindingManifest = {
  type: 'ratelimit',
  store: () => COUNTERS,
  open: (_name, options, scope) => new RatelimitBinding(scope, options),
};
