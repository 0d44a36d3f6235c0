/** A JSON API with a framework: a JSON body in, a JSON body out. */
import { bundle } from '../apps/bundle.ts';
import { HONO, HONO_ORDER } from '../apps/sources.ts';
import { typical, underLoad } from '../kit/contest.ts';
import { startNano } from '../kit/nano.ts';
import { rounds } from '../kit/rounds.ts';
import { startWorkerd } from '../kit/workerd.ts';
import type { Question } from '../question.ts';

export const hono: Question = {
  name: 'hono',
  title: 'A Hono app with JSON in and out',
  shortfall:
    'as for hello, a request takes some 25 µs of the I/O thread before and after the app runs, and the body of the request crosses to the isolate in an answer of its own: one more hand-off between threads.',
  method: `POST of ${HONO_ORDER.length} bytes of JSON to a route with a parameter and a middleware; the app sums it up and answers JSON. The same bundle in NANO and workerd.`,
  run: async (effort) => {
    const code = await bundle(HONO);
    const post = { path: '/orders/42?currency=EUR', method: 'POST', body: HONO_ORDER };
    const results = await rounds(effort, {
      nano: () => underLoad(effort, () => startNano({ files: { 'hono/index.js': code } }), post),
      workerd: () => underLoad(effort, () => startWorkerd({ workers: { hono: code } }), post),
    });
    const rate = (name: string): number => typical(results, name, 'requestsPerSecond');
    const cpu = (name: string): number => typical(results, name, 'cpuUs');
    return [
      { what: 'NANO', value: rate('nano'), unit: 'req/s' },
      { what: 'workerd', value: rate('workerd'), unit: 'req/s' },
      { what: 'NANO to workerd', value: rate('nano') / rate('workerd'), unit: '×', goal: { atLeast: 2 } },
      { what: 'NANO, CPU time a request', value: cpu('nano'), unit: 'µs' },
      { what: 'workerd, CPU time a request', value: cpu('workerd'), unit: 'µs' },
    ];
  },
};
