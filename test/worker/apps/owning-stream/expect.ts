import type { Expectation } from '../../../support/expectation.ts';

export const expectations: readonly Expectation[] = [
  { name: 'a stream that owns its chunks moves a buffer', ask: { path: '/buffer' }, json: [0, 3] },
  { name: 'it moves a port, which goes on working', ask: { path: '/port' }, json: [false, 'hello'] },
  { name: 'it is a body', ask: { path: '/body' }, text: 'moved' },
  { name: 'what an app has patched has no part in it', ask: { path: '/patched' }, json: [[1], true] },
];
