/** Rate limits. */
import { bindRatelimit } from '../workers/bindings/ratelimit.ts';
import { provide } from '../link.ts';

const offers = { bind: bindRatelimit };

declare module '../link.ts' {
  interface Chunks {
    ratelimit: typeof offers;
  }
}

provide('ratelimit', offers);
