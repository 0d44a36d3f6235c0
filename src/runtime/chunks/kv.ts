/** KV namespaces. */
import { bindKv } from '../workers/bindings/kv.ts';
import { provide } from '../link.ts';

const offers = { bind: bindKv };

declare module '../link.ts' {
  interface Chunks {
    kv: typeof offers;
  }
}

provide('kv', offers);
