/** Timers and queueMicrotask. */
import { cancelTimer, clearInterval, clearTimeout, dropTimers, fireTimer, queueMicrotask, setInterval, setTimeout, startTimer } from '../web/timers.ts';
import { provide } from '../link.ts';

const offers = { cancelTimer, dropTimers, fireTimer, startTimer };

declare module '../link.ts' {
  interface Chunks {
    timers: typeof offers;
  }
}

provide('timers', offers, { clearInterval, clearTimeout, queueMicrotask, setInterval, setTimeout });
