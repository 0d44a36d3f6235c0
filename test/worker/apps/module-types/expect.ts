import type { Expectation } from '../../../support/expectation.ts';

export const expectations: readonly Expectation[] = [
  {
    name: 'JSON, text, HTML, binary and WebAssembly modules',
    json: { data: [1, 2], polluted: null, note: 'text with “quotes”\n', page: '<p>page</p>', bytes: [true, 0, 1, 255], own: [2, 3], wasm: [true, '55'] },
  },
];
