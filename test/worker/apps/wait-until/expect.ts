import type { Expectation } from '../../../support/expectation.ts';

export const expectations: readonly Expectation[] = [
  { name: 'ctx.waitUntil goes on after the response', ask: { path: '/context' }, text: 'answered', log: { event: 'console', msg: 'after the response' } },
  { name: 'waitUntil of cloudflare:workers too', ask: { path: '/imported' }, text: 'answered', log: { event: 'console', msg: 'after the response' } },
  {
    name: 'a rejection is logged and changes nothing',
    ask: { path: '/rejected' },
    text: 'answered',
    log: { event: 'exception', where: 'waitUntil', msg: 'Error: failed later' },
  },
  { name: 'a method torn from its context throws', ask: { path: '/detached' }, status: 500, log: { event: 'exception', msg: /^TypeError: / } },
  { name: 'passThroughOnException may be called', ask: { path: '/pass-through' }, text: 'answered' },
  { name: 'a streamed body keeps its event alive', ask: { path: '/stream' }, text: 'late' },
];
