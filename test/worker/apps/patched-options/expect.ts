import type { Expectation } from '../../../support/expectation.ts';

export const expectations: readonly Expectation[] = [
  {
    name: 'options of events that nobody gave are not read of Object.prototype',
    json: { dispatched: [], made: [], given: ['bubbles', 'cancelable', 'composed'] },
  },
];
