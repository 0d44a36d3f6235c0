import type { Expectation } from '../../../support/expectation.ts';

export const expectations: readonly Expectation[] = [{ name: 'no way leads to the compiler', json: { attempts: 16, wrong: [] } }];
