/** RateLimit. Its words and rules are Miniflare's. @see https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/ */
import { ArrayPrototypeIncludes, ArrayPrototypeJoin, ErrorCtor, ObjectDefineProperty, ObjectKeys } from '../../primordials.ts';
import { illegalInvocation, isObject } from '../../webidl.ts';
import { callBinding } from './call.ts';

const OPTIONS = ['key', 'limit', 'period'];
const PERIODS: readonly unknown[] = [10, 60];

type LimitOptions = { key?: unknown; limit?: unknown; period?: unknown };

const check = (isRight: boolean, message: string): void => {
  if (!isRight) throw new ErrorCtor(message);
};

export class Ratelimit {
  readonly #index: number;
  readonly #limit: unknown;
  readonly #period: unknown;

  constructor(index: number, options: Readonly<Record<string, unknown>>) {
    this.#index = index;
    this.#limit = options['limit'];
    this.#period = options['period'];
  }

  /** @returns the promise of `{ success }` */
  async limit(options: unknown): Promise<{ success: boolean }> {
    if (!isObject(this) || !(#index in this)) throw illegalInvocation();
    check(typeof options === 'object' && options !== null, 'invalid rate limit options');
    const invalid: string[] = [];
    const keys = ObjectKeys(options as object);
    for (let i = 0; i < keys.length; i++) if (!ArrayPrototypeIncludes(OPTIONS, keys[i])) invalid[invalid.length] = keys[i] as string;
    check(invalid.length === 0, `bad rate limit options: [${ArrayPrototypeJoin(invalid, ',')}]`);
    const { key = '', limit = this.#limit, period = this.#period } = options as LimitOptions;
    check(typeof key === 'string', `invalid key: ${key as string}`);
    check(typeof limit === 'number', `limit must be a number: ${limit as string}`);
    check(typeof period === 'number', `period must be a number: ${period as string}`);
    check(ArrayPrototypeIncludes(PERIODS, period), `unsupported period: ${period as number}`);
    return { success: (await callBinding(this.#index, 'limit', key, limit, period)) === true };
  }
}

// The build shortens names, and an object from env shows its class.
ObjectDefineProperty(Ratelimit, 'name', { value: 'Ratelimit' });

/** The object in env. */
export function bindRatelimit(index: number, _name: string, options: Readonly<Record<string, unknown>>): Ratelimit {
  return new Ratelimit(index, options);
}
