import type { Expectation } from '../../../support/expectation.ts';

const told = [['unhandledrejection']];
const handled = (reason: unknown): unknown[] => [['handled'], ['rejectionhandled', false, true, reason]];

export const expectations: readonly Expectation[] = [
  { name: 'a rejection is told of', ask: { path: '/reject/error' }, json: told },
  {
    name: 'and that a later request handles it, with the reason itself and the promise that was told of',
    ask: { path: '/catch/error' },
    json: handled('E_ORDER'),
  },
  { name: 'once', ask: { path: '/left' }, json: [0, []] },
  { name: 'a primitive', ask: { path: '/reject/text' }, json: told },
  { name: 'that is awaited', ask: { path: '/await/text' }, json: handled('plain') },
  { name: 'an object', ask: { path: '/reject/object' }, json: told },
  { name: 'that is awaited', ask: { path: '/await/object' }, json: handled({ a: 1 }) },
  { name: 'another', ask: { path: '/reject/error' }, json: told },
  { name: 'that a request handles which is answered by then', ask: { path: '/answered/error' }, text: 'answered' },
  { name: 'is told of as well', ask: { path: '/heard' }, json: handled('E_ORDER') },
  { name: 'one more', ask: { path: '/reject/text' }, json: told },
  {
    name: 'onrejectionhandled',
    ask: { path: '/attribute/text' },
    json: [['handled'], ['rejectionhandled', false, true, 'plain'], ['attribute', true]],
  },
  { name: 'promises are what they were', ask: { path: '/intact' }, json: [true, [], 'then'] },
];
