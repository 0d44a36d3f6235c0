/** The Cache API. */
import { Cache } from '../workers/cache/cache.ts';
import { CacheStorage, caches } from '../workers/cache/cache-storage.ts';
import { provide } from '../link.ts';

const offers = {};

declare module '../link.ts' {
  interface Chunks {
    cache: typeof offers;
  }
}

provide('cache', offers, { Cache, CacheStorage, caches });
