/** Datasets of Analytics Engine. */
import { bindAnalytics } from '../workers/bindings/analytics.ts';
import { provide } from '../link.ts';

const offers = { bind: bindAnalytics };

declare module '../link.ts' {
  interface Chunks {
    analytics: typeof offers;
  }
}

provide('analytics', offers);
