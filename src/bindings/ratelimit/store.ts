/** The counters of all engines, in the memory of the store process: a restart begins a new window. */
import type { StoreProduct } from '../../storage/product.ts';
import { Namespaces } from './namespaces.ts';

export const ratelimitProduct: StoreProduct = {
  name: 'ratelimit',
  isTransient: true,
  migrations: [],
  writes: [],
  open: ({ now }) => {
    const namespaces = new Namespaces(now);
    return {
      methods: {
        take: (namespace: string, period: number, key: string, limit: number): boolean => namespaces.take(namespace, period, key, limit),
      },
    };
  },
};
