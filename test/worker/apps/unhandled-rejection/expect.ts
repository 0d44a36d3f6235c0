import type { Expectation } from '../../../support/expectation.ts';

const heard = (...reason: unknown[]): unknown[] => ['unhandledrejection', true, true, ...reason, false];

export const expectations: readonly Expectation[] = [
  { name: 'an error comes as a copy', ask: { path: '/type' }, json: heard('TypeError', 'TypeError', 'no type', 'TypeError: no type') },
  { name: 'with the name of its class', ask: { path: '/own' }, json: heard('Error', 'OrderError', 'no order', 'OrderError: no order') },
  { name: 'a primitive as it is', ask: { path: '/text' }, json: heard('string', 'plain') },
  { name: 'and nothing as nothing', ask: { path: '/none' }, json: heard('undefined', 'undefined') },
  {
    name: 'an object cannot be had',
    ask: { path: '/object' },
    json: heard('Error', 'Error', 'A promise was rejected with an object that is no error.', 'Error: A promise was rejected with an object that is no error.'),
  },
  {
    name: 'what no listener cancels is logged, also when the request is over',
    ask: { path: '/logged' },
    text: 'answered',
    log: { event: 'exception', where: 'Uncaught (in promise)', msg: 'RangeError: in the log' },
  },
  { name: 'what is handled within the turn is not told', ask: { path: '/handled' }, text: 'handled' },
  { name: 'a listener that rejects is told of that, and harms nobody', ask: { path: '/endless' }, text: 'still here' },
];
