/**
 * QuotaExceededError, a DOMException that may say how much was asked and how much there is.
 * @see https://webidl.spec.whatwg.org/#quotaexceedederror
 */
import { RangeErrorCtor } from '../../primordials.ts';
import { DOMString, defineInterface, illegalInvocation, isObject } from '../../webidl.ts';
import { dictionary, double } from '../../webidl-types.ts';
import { DOMException } from '../dom-exception.ts';

type QuotaExceededErrorOptions = { quota?: number; requested?: number };
const options = dictionary<QuotaExceededErrorOptions>('QuotaExceededErrorOptions', [
  { key: 'quota', converter: double },
  { key: 'requested', converter: double },
]);

export class QuotaExceededError extends DOMException {
  readonly #quota: number | null;
  readonly #requested: number | null;

  constructor(message: unknown = '', init: unknown = undefined) {
    const text = DOMString(message, "Failed to construct 'QuotaExceededError': parameter 1");
    const { quota = null, requested = null } = options(init, "Failed to construct 'QuotaExceededError': parameter 2");
    super(text, 'QuotaExceededError');
    if (quota !== null && quota < 0) throw new RangeErrorCtor('quota must not be negative.');
    if (requested !== null && requested < 0) throw new RangeErrorCtor('requested must not be negative.');
    if (quota !== null && requested !== null && requested < quota) throw new RangeErrorCtor('requested must not be less than quota.');
    this.#quota = quota;
    this.#requested = requested;
  }

  get quota(): number | null {
    if (!isObject(this) || !(#quota in this)) throw illegalInvocation();
    return this.#quota;
  }

  get requested(): number | null {
    if (!isObject(this) || !(#quota in this)) throw illegalInvocation();
    return this.#requested;
  }
}
defineInterface(QuotaExceededError, 'QuotaExceededError');
