/** Intl and Temporal where clocks are coarse. */
import { replaceFormat, replaceTemporal } from '../web/coarse-calendar.ts';
import { provide } from '../link.ts';

const offers = { replaceFormat, replaceTemporal };

declare module '../link.ts' {
  interface Chunks {
    calendar: typeof offers;
  }
}

provide('calendar', offers);
