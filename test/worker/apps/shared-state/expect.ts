import type { Expectation } from '../../../support/expectation.ts';

export const expectations: readonly Expectation[] = [
  { name: 'modules are evaluated once', text: '1' },
  { name: 'and keep their state', text: '2' },
];
