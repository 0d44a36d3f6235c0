/**
 * Analytics Engine: `env.NAME.writeDataPoint(…)`, on the host.
 *
 * Contract: nobody waits for a point. Points are gathered for a moment and written together; what cannot be
 * written, or is too much, is dropped. The memory they take meanwhile is bounded.
 * @see https://developers.cloudflare.com/analytics/analytics-engine/
 */
import type { Json } from '../../protocol/bindings.ts';
import type { Binding, BindingManifest, BindingScope, Caller, Reply } from '../binding.ts';
import { MOST_POINTS, type PointRow, readPoint } from './points.ts';

const GATHER_MS = 100;
const MOST_TOGETHER = 200;
/** Points on their way, of one dataset of one app in one engine. */
const MOST_WAITING = 2000;

class AnalyticsBinding implements Binding {
  readonly #scope: BindingScope;
  readonly #dataset: string;
  /** By the signal that stands for an event. */
  readonly #counts = new WeakMap<AbortSignal, number>();
  #gathered: PointRow[] = [];
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(scope: BindingScope, options: Readonly<Record<string, Json>>) {
    this.#scope = scope;
    this.#dataset = String(options['dataset']);
  }

  call(method: string, args: readonly unknown[], caller: Caller): Reply {
    const count = (this.#counts.get(caller.signal) ?? 0) + 1;
    this.#counts.set(caller.signal, count);
    if (method !== 'write' || count > MOST_POINTS || this.#waiting >= MOST_WAITING) return undefined;
    const row = readPoint(args, Date.now());
    if (row === undefined) return undefined;
    this.#waiting++;
    this.#gathered.push(row);
    if (this.#gathered.length >= MOST_TOGETHER) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
    return undefined;
  }

  close(): void {
    this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const rows = this.#gathered;
    if (rows.length === 0) return;
    this.#gathered = [];
    const done = (): void => {
      this.#waiting -= rows.length;
    };
    this.#scope.stores.call({ product: 'analytics', group: this.#scope.group, id: this.#dataset }, 'write', [rows]).then(done, done);
  }
}

export const analyticsManifest: BindingManifest = {
  type: 'analytics',
  store: (options) => ({ product: 'analytics', id: String(options['dataset']) }),
  open: (_name, options, scope) => new AnalyticsBinding(scope, options),
};
