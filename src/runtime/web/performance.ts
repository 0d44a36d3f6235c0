/**
 * Performance: time since the isolate's clock was started.
 *
 * The host decides how far time advances (`setClock` in clock.ts). Marks and measures are not here
 * yet; they belong in files of their own that add to this prototype.
 *
 * @see https://w3c.github.io/hr-time/#sec-performance
 */
import { defineInterface, illegalConstructor, illegalInvocation } from '../webidl.ts';
import { relativeNow, timeOrigin } from './clock.ts';
import { EventTarget } from './event-target.ts';

const INTERNAL = {};

export class Performance extends EventTarget {
  readonly #brand = true;

  constructor(token: unknown = undefined) {
    if (token !== INTERNAL) throw illegalConstructor();
    super();
  }

  now(): number {
    if (!(#brand in this)) throw illegalInvocation('Performance');
    return relativeNow();
  }

  get timeOrigin(): number {
    if (!(#brand in this)) throw illegalInvocation('Performance');
    return timeOrigin();
  }

  toJSON(): object {
    if (!(#brand in this)) throw illegalInvocation('Performance');
    return { timeOrigin: timeOrigin() };
  }
}

defineInterface(Performance, 'Performance');

/** The one instance, as `globalThis.performance`. */
export const performance = new Performance(INTERNAL);
