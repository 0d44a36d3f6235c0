import type { Expectation } from '../../../support/expectation.ts';

export const expectations: readonly Expectation[] = [
  { name: 'the first request', text: '1 1' },
  { name: '"isolation": "request": the next finds nothing of it', text: '1 1' },
];
