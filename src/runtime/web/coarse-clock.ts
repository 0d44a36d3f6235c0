/**
 * Date, and the time that stands still while code runs: whoever can measure how long his own code takes can read what he
 * should not see off the processor's caches. Coarse time advances with I/O only: every entry into the isolate sets it.
 *
 * Contract: the original Date is out of reach in every context, and with coarse clocks nothing tells the real time:
 * Date, what reads clock.ts, and (coarse-calendar.ts) Intl and Temporal. A Date of a given time is untouched.
 * @see https://developers.cloudflare.com/workers/reference/security-model/#step-1-disallow-timers-and-multi-threading
 */
import { DateCtor, DateNow, DatePrototypeToString, ObjectDefineProperty, ReflectConstruct, ReflectGetOwnPropertyDescriptor } from '../primordials.ts';
import { setClock } from './clock.ts';

let now = 0;
let isCoarse = false;

/** The isolate is entered: time goes on. */
export function advanceClock(): void {
  now = DateNow();
}

/** When the isolate was entered: the time that all timers are set at which are set in one turn, as where clocks are coarse. */
export function turnTime(): number {
  return now;
}

/** The time that code may know, in milliseconds since 1970. */
export function knownTime(): number {
  return isCoarse ? now : DateNow();
}

/** From now on time stands still while code runs. */
export function makeClockCoarse(): void {
  isCoarse = true;
  now = DateNow();
  setClock(knownTime);
}

/** Puts a Date into the global scope that goes by the known time. @see https://tc39.es/ecma262/#sec-date-constructor */
export function replaceDate(scope: object): void {
  const { prototype } = DateCtor;
  const Ctor = function (...args: unknown[]): unknown {
    if (new.target === undefined) return DatePrototypeToString(new DateCtor(knownTime()));
    return ReflectConstruct(DateCtor, args.length === 0 ? [knownTime()] : args, new.target);
  };
  const { now: nowMethod } = { now: (): number => knownTime() };
  const define = (key: string, value: unknown, writable = false, configurable = true): void => {
    ObjectDefineProperty(Ctor, key, { value, writable, enumerable: false, configurable });
  };
  define('name', 'Date');
  define('length', 7);
  define('prototype', prototype, false, false);
  define('now', nowMethod, true);
  define('parse', DateCtor.parse, true);
  define('UTC', DateCtor.UTC, true);
  ObjectDefineProperty(prototype, 'constructor', { ...ReflectGetOwnPropertyDescriptor(prototype, 'constructor'), value: Ctor });
  ObjectDefineProperty(scope, 'Date', { value: Ctor, writable: true, enumerable: false, configurable: true });
}
