import type { Expectation } from '../../../support/expectation.ts';

export const expectations: readonly Expectation[] = [{ name: 'no promise of the runtime reaches a then that the app has patched', json: [] }];
