/** The counters of all engines, in the memory of the store process: a restart begins a new window. */
import type { StoreProduct } from '../../storage/product.ts';
import { Counters } from './counters.ts';

/** Namespaces and periods that are counted at a time, per group. */
const MOST_NAMESPACES = 1000;

export const ratelimitProduct: StoreProduct = {
  name: 'ratelimit',
  isTransient: true,
  migrations: [],
  writes: [],
  open: ({ now }) => {
    const namespaces = new Map<string, Counters>();
    return {
      methods: {
        take: (namespace: string, period: number, key: string, limit: number): boolean => {
          const id = `${period}\n${namespace}`;
          let counters = namespaces.get(id);
          if (counters === undefined) {
            if (namespaces.size >= MOST_NAMESPACES) namespaces.delete(namespaces.keys().next().value as string);
            namespaces.set(id, (counters = new Counters(period)));
          }
          return counters.take(key, limit, now());
        },
      },
    };
  },
};
