/**
 * DispatchNamespace: `env.NAME.get(app)` is a service, whichever app it may be.
 * @see https://developers.cloudflare.com/cloudflare-for-platforms/workers-for-platforms/configuration/dynamic-dispatch/
 */
import { jsonText } from '../../json-text.ts';
import { serviceNumber } from '../../../protocol/rpc.ts';
import { chunk } from '../../link.ts';
import { JSONStringify, NumberIsFinite } from '../../primordials.ts';
import { USVString, argument, defineInterface, illegalConstructor, isObject, requireArguments } from '../../webidl.ts';

const internal = Symbol('internal');

export class DispatchNamespace {
  readonly #index: number;

  constructor(key: symbol, index: number) {
    if (key !== internal) throw illegalConstructor();
    this.#index = index;
  }

  /** The app of that name. Whether it is there shows when it is called. */
  get(name: unknown, _args: unknown = undefined, options: unknown = undefined): object {
    const context = argument('get', 'DispatchNamespace', 1);
    requireArguments(arguments.length, 1, context);
    const { limits, outbound } = (isObject(options) ? options : {}) as { limits?: unknown; outbound?: unknown };
    const asked = isObject(limits) ? (limits as { cpuMs?: unknown; subRequests?: unknown }) : {};
    // What the outbound worker is told of this call: data of today, as JSON has it.
    const parameters = isObject(outbound) ? (JSONStringify(outbound) ?? null) : null;
    return chunk('rpc').makeService(jsonText([serviceNumber(this.#index), USVString(name, context), count(asked.cpuMs), count(asked.subRequests), parameters]));
  }
}
defineInterface(DispatchNamespace, 'DispatchNamespace');

const count = (value: unknown): number | null => (typeof value === 'number' && NumberIsFinite(value) && value >= 0 ? value : null);

/** The object in env. */
export function bindDispatch(index: number): DispatchNamespace {
  return new DispatchNamespace(internal, index);
}
