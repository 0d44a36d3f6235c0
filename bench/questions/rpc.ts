/** One worker calls another, by fetch and by method, beside Miniflare. */
import { type Turn, typical, underLoad } from '../kit/contest.ts';
import { startMiniflare } from '../kit/miniflare.ts';
import { startNano } from '../kit/nano.ts';
import { rounds } from '../kit/rounds.ts';
import type { Server } from '../kit/server.ts';
import type { Effort, Question, Row } from '../question.ts';

const CALLER = `export default {
  async fetch(request, env) {
    switch (new URL(request.url).pathname) {
      case '/fetch': return new Response(await (await env.CALLEE.fetch('http://callee/')).text());
      case '/pass': return env.CALLEE.fetch(request);
      case '/rpc': return new Response(await env.CALLEE.greet('caller'));
      case '/object': return Response.json(await env.CALLEE.swap({ a: 1, list: ['x', 'y'], when: { day: 5 } }));
      case '/ten': {
        let sum = 0;
        for (let i = 0; i < 10; i++) sum += await env.CALLEE.add(sum, i);
        return new Response(String(sum));
      }
      default: return new Response('ok');
    }
  },
};`;
const CALLEE = `import { WorkerEntrypoint } from 'cloudflare:workers';
export default class extends WorkerEntrypoint {
  fetch() { return new Response('Hello from the callee'); }
  greet(name) { return 'Hello, ' + name; }
  add(a, b) { return a + b; }
  swap({ a, list, when }) { return { list: a, a: list, when }; }
}`;

const startBoth = (): Promise<Server> =>
  startNano({
    files: {
      'caller/index.js': CALLER,
      'caller/wrangler.jsonc':
        '{ "name": "caller", "main": "index.js", "compatibility_date": "2026-01-01", "services": [{ "binding": "CALLEE", "service": "callee" }] }',
      'callee/index.js': CALLEE,
      'callee/wrangler.jsonc': '{ "name": "callee", "main": "index.js", "compatibility_date": "2026-01-01" }',
    },
    apps: ['caller'],
  });

const startPeer = (): Promise<Server> =>
  startMiniflare(CALLER, () => {
    const common = { modules: true, compatibilityDate: '2026-01-01' };
    return {
      workers: [
        { name: 'caller', script: CALLER, serviceBindings: { CALLEE: 'callee' }, ...common },
        { name: 'callee', script: CALLEE, ...common },
      ],
    };
  });

/** What is asked for, and how many calls that is. */
const KINDS = [
  { path: '/fetch', what: 'fetch', calls: 1 },
  { path: '/rpc', what: 'a method', calls: 1 },
  { path: '/object', what: 'a method, objects there and back', calls: 1 },
  { path: '/ten', what: 'ten methods, one after the other', calls: 10 },
] as const;

export const rpc: Question = {
  name: 'rpc',
  title: 'Service bindings: one worker calls another',
  method:
    'Every request makes the caller call the callee, both warm, and answer with what it gets. `nano serve` with one engine, Miniflare with both workers; wrk with 64 connections, and with one for the times.',
  run: async (effort) => {
    const rows: Row[] = [];
    for (const kind of KINDS) rows.push(...(await measure(effort, kind)));
    return rows;
  },
};

async function measure(effort: Effort, { path, what, calls }: (typeof KINDS)[number]): Promise<Row[]> {
  const turns = (start: () => Promise<Server>, connections: number) => (): Promise<Turn> => underLoad(effort, start, { path, connections });
  const results = await rounds(effort, {
    nano: turns(startBoth, 64),
    miniflare: turns(startPeer, 64),
    'nano, alone': turns(startBoth, 1),
    'miniflare, alone': turns(startPeer, 1),
  });
  const of = (name: string, key: keyof Turn): number => typical(results, name, key);
  const rate = (name: string): number => of(name, 'requestsPerSecond') * calls;
  return [
    { what: `${what}: NANO`, value: rate('nano'), unit: 'req/s', note: calls === 1 ? 'calls' : 'calls, ten in a request' },
    { what: `${what}: Miniflare`, value: rate('miniflare'), unit: 'req/s' },
    { what: `${what}: NANO to Miniflare`, value: rate('nano') / rate('miniflare'), unit: '×', goal: { atLeast: 3 } },
    { what: `${what}: NANO, CPU time a request`, value: of('nano', 'cpuUs'), unit: 'µs' },
    { what: `${what}: Miniflare, CPU time a request`, value: of('miniflare', 'cpuUs'), unit: 'µs' },
    { what: `${what}: NANO, one at a time, p50`, value: of('nano, alone', 'p50'), unit: 'ms' },
    { what: `${what}: NANO, one at a time, p99`, value: of('nano, alone', 'p99'), unit: 'ms' },
    { what: `${what}: Miniflare, one at a time, p50`, value: of('miniflare, alone', 'p50'), unit: 'ms' },
    { what: `${what}: Miniflare, one at a time, p99`, value: of('miniflare, alone', 'p99'), unit: 'ms' },
  ];
}
