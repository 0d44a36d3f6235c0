import type { Expectation } from '../../../support/expectation.ts';

export const expectations: readonly Expectation[] = [
  {
    name: 'vars are in env, as values, and nowhere else',
    json: { TEXT: 't', OBJECT: { a: [1] }, NUMBER: 1, same: false, leaked: false, process: 'undefined' },
  },
];
