/** The counters of all engines, in the memory of the store process: a restart begins a new window. */
import type { StoreProduct } from '../../storage/product.ts';
import { checkCall, isText } from '../sizes.ts';
import { Namespaces } from './namespaces.ts';

/** Longer keys are counted by their hash. */
export const LONGEST_KEY = 256;
/** Seconds. */
export const PERIODS: readonly unknown[] = [10, 60];
const MOST_NAMESPACE = 1000;

export const ratelimitProduct: StoreProduct = {
  name: 'ratelimit',
  isTransient: true,
  migrations: [],
  writes: [],
  open: ({ now }) => {
    const namespaces = new Namespaces(now);
    return {
      methods: {
        take: (namespace: string, period: number, key: string, limit: number): boolean => {
          checkCall(isText(namespace, MOST_NAMESPACE) && PERIODS.includes(period) && isText(key, LONGEST_KEY) && typeof limit === 'number');
          return namespaces.take(namespace, period, key, limit);
        },
      },
    };
  },
};
