/** The global `Cloudflare`. */
import { Cloudflare } from '../workers/cloudflare.ts';
import { provide } from '../link.ts';

const offers = {};

declare module '../link.ts' {
  interface Chunks {
    cloudflare: typeof offers;
  }
}

provide('cloudflare', offers, { Cloudflare });
