/** The console of apps that have tail workers: from now on lines go to the host with their values. */
import { tellValues } from '../workers/told-console.ts';
import { provide } from '../link.ts';

tellValues();
const offers = {};

declare module '../link.ts' {
  interface Chunks {
    tailed: typeof offers;
  }
}

provide('tailed', offers);
