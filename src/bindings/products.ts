/** Every kind of store: what the store process offers. */
import type { StoreProduct } from '../storage/product.ts';
import { cacheProduct } from './cache/store.ts';
import { analyticsProduct } from './analytics/store.ts';
import { kvProduct } from './kv/store.ts';
import { queuesProduct } from './queues/store.ts';
import { r2Product } from './r2/store.ts';
import { ratelimitProduct } from './ratelimit/store.ts';

export const PRODUCTS: readonly StoreProduct[] = [cacheProduct, kvProduct, r2Product, ratelimitProduct, analyticsProduct, queuesProduct];
