/** One app, warm: how many requests a second, beside workerd and beside node:http alone. */
import { HELLO } from '../apps/sources.ts';
import { startBare } from '../kit/bare.ts';
import { typical, underLoad } from '../kit/contest.ts';
import { startNano } from '../kit/nano.ts';
import { rounds } from '../kit/rounds.ts';
import { startWorkerd } from '../kit/workerd.ts';
import type { Question } from '../question.ts';

export const hello: Question = {
  name: 'hello',
  title: 'Hello world, one warm app',
  shortfall:
    "the I/O thread is the limit. Of the 25 µs a request takes there, about ten are the kernel's (reading, writing, waking up) and most of the rest is Node's HTTP; the bare server has those alone. The isolate adds a turn of its own on another thread and two hand-offs between threads, which on two processors, with the load generator on the same ones, are paid with waiting.",
  method: '`nano serve` with one engine, workerd, and a node:http server that only answers; wrk with one thread and 64 connections on the same machine.',
  run: async (effort) => {
    const files = { 'hello/index.js': HELLO };
    const results = await rounds(effort, {
      nano: () => underLoad(effort, () => startNano({ files })),
      workerd: () => underLoad(effort, () => startWorkerd({ workers: { hello: HELLO } })),
      bare: () => underLoad(effort, () => startBare()),
      logging: () => underLoad(effort, () => startNano({ files, logLevel: 'info' })),
    });
    const rate = (name: string): number => typical(results, name, 'requestsPerSecond');
    const p99 = (name: string): number => typical(results, name, 'p99');
    const cpu = (name: string): number => typical(results, name, 'cpuUs');
    return [
      { what: 'NANO', value: rate('nano'), unit: 'req/s', note: 'logging warnings' },
      { what: 'NANO', value: rate('logging'), unit: 'req/s', note: 'a log line for each request' },
      { what: 'workerd', value: rate('workerd'), unit: 'req/s' },
      { what: 'node:http alone', value: rate('bare'), unit: 'req/s' },
      { what: 'NANO to workerd', value: rate('nano') / rate('workerd'), unit: '×', goal: { atLeast: 2.5 } },
      { what: 'NANO to node:http alone', value: rate('nano') / rate('bare'), unit: '×', goal: { atLeast: 0.75 } },
      { what: 'NANO with a log line for each request, to without', value: rate('logging') / rate('nano'), unit: '×' },
      { what: 'NANO, CPU time a request, all threads', value: cpu('nano'), unit: 'µs' },
      { what: 'the same with a log line for each request', value: cpu('logging'), unit: 'µs' },
      { what: 'workerd, CPU time a request', value: cpu('workerd'), unit: 'µs' },
      { what: 'node:http alone, CPU time a request', value: cpu('bare'), unit: 'µs' },
      { what: 'NANO, p99 at full load', value: p99('nano'), unit: 'ms' },
      { what: 'workerd, p99 at full load', value: p99('workerd'), unit: 'ms' },
    ];
  },
};
