/**
 * The isolate's clock: what `performance.now()`, event time stamps and `console.time` read.
 *
 * Contract: nothing is read while the start-up snapshot is made. The host decides how precise time
 * is by handing in its own function (`setClock`); without one it is `Date.now`, captured.
 */
import { DateNow } from '../primordials.ts';

let read: () => number = DateNow;
let origin: number | undefined;

/** Replaces the source of time (milliseconds since 1970, fractions allowed) and starts the clock anew. */
export function setClock(source: () => number): void {
  read = source;
  origin = source();
}

/**
 * When the clock was started: at `setClock`, else a millisecond before its first use, since the global scope is older
 * than any question about it and a clock of whole milliseconds would say zero. Milliseconds since 1970. @see https://w3c.github.io/hr-time/#dfn-time-origin
 */
export function timeOrigin(): number {
  return (origin ??= read() - 1);
}

/** Milliseconds since 1970. */
export function wallNow(): number {
  return read();
}

/** Milliseconds since the time origin. @see https://w3c.github.io/hr-time/#dfn-current-high-resolution-time */
export function relativeNow(): number {
  const start = timeOrigin();
  return read() - start;
}
