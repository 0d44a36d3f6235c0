import type { Expectation } from '../../../support/expectation.ts';

export const expectations: readonly Expectation[] = [
  { name: 'has env and ctx', ask: { path: '/a' }, json: { who: 'env', made: 1, path: '/a', own: 1 } },
  { name: 'is made anew for each event', ask: { path: '/b' }, json: { who: 'env', made: 2, path: '/b', own: 2 } },
];
