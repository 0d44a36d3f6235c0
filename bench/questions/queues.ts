/** Queues beside Miniflare: from `send` in one handler to the message in another. */
import { ask } from '../kit/client.ts';
import { startMiniflare } from '../kit/miniflare.ts';
import { startNano } from '../kit/nano.ts';
import { rounds } from '../kit/rounds.ts';
import { median, quantile } from '../kit/statistics.ts';
import { cpuSeconds, untilAtRest } from '../kit/usage.ts';
import type { Effort, Question, Row } from '../question.ts';

/** Messages of one measured request; those sent one by one are as many as one event may. */
const BATCHED = 5000;
const SINGLE = 900;
const AT_ONCE = 10;

const APP = `
let left = 0;
let done = () => {};
const consumed = (count) => {
  left = count;
  // An event that waits for another needs something of its own under way.
  const alive = setInterval(() => {}, 1000);
  return new Promise((resolve) => { done = resolve; }).then(() => clearInterval(alive));
};
const inParallel = async (calls, call) => {
  let next = 0;
  const work = async () => { while (next < calls) { next++; await call(); } };
  await Promise.all(Array.from({ length: ${AT_ONCE} }, work));
};
const body = { to: 'ada@example.com', subject: 'a message of about a hundred bytes, as a job or a mail may be', tries: 1 };
const batch = Array.from({ length: 100 }, () => ({ body }));
export default {
  async fetch(request, { Q }) {
    switch (new URL(request.url).pathname) {
      case '/batched': {
        const all = consumed(${BATCHED});
        await inParallel(${BATCHED} / 100, () => Q.sendBatch(batch));
        await all;
        return new Response('done');
      }
      case '/single': {
        const all = consumed(${SINGLE});
        await inParallel(${SINGLE}, () => Q.send(body));
        await all;
        return new Response('done');
      }
      case '/one': {
        const all = consumed(1);
        await Q.send(body);
        await all;
        return new Response('done');
      }
      default:
        return new Response('ok');
    }
  },
  async queue({ messages }) {
    left -= messages.length;
    if (left <= 0) done();
  },
};
`;

const QUEUES = { producers: [{ binding: 'Q', queue: 'jobs' }], consumers: [{ queue: 'jobs', max_batch_size: 100, max_batch_timeout: 0, max_concurrency: 1 }] };
const FILES = {
  'queues/index.js': APP,
  'queues/wrangler.json': JSON.stringify({ name: 'queues', main: 'index.js', compatibility_date: '2026-01-01', queues: QUEUES }),
};

/** Speeds in messages a second, the processor time of all processes for one message in microseconds, latencies in milliseconds. */
type Measured = { batched: number; batchedCpu: number; single: number; singleCpu: number; p50: number; p99: number };
type Started = { port: number; pid: number; hosts?: readonly string[]; stop(): Promise<void> };

async function measured(effort: Effort, open: () => Promise<Started>): Promise<Measured> {
  const server = await open();
  const host = server.hosts?.[0] ?? 'localhost';
  const time = async (path: string): Promise<number> => {
    const { status, body, ms } = await ask(server.port, path, host);
    if (status !== 200) throw new Error(`${path}: ${status} ${body.slice(0, 200)}`);
    return ms;
  };
  const several = async (path: string, count: number): Promise<number[]> => {
    const times: number[] = [];
    for (let left = count; left > 0; left--) times.push(await time(path));
    return times;
  };
  try {
    await several('/single', 2);
    await time('/batched');
    await untilAtRest(server.pid);
    const start = cpuSeconds(server.pid);
    const batched = await several('/batched', effort.quick ? 3 : 10);
    const between = cpuSeconds(server.pid);
    const single = await several('/single', effort.quick ? 3 : 10);
    const end = cpuSeconds(server.pid);
    const one = await several('/one', effort.quick ? 100 : 500);
    return {
      batched: (BATCHED * 1000) / median(batched),
      batchedCpu: ((between - start) * 1e6) / (BATCHED * batched.length),
      single: (SINGLE * 1000) / median(single),
      singleCpu: ((end - between) * 1e6) / (SINGLE * single.length),
      p50: median(one),
      p99: quantile(one, 0.99),
    };
  } finally {
    await server.stop();
  }
}

export const queues: Question = {
  name: 'queues',
  title: 'Queues: from send to the consumer',
  method: `One app sends ${BATCHED.toLocaleString('en')} messages of 100 bytes in batches of 100, or ${SINGLE} one by one, ${AT_ONCE} calls at a time, and consumes them in batches of up to 100, one after the other; the time ends when the last message has reached its handler. Then one message at a time, from before the send to after its handler, with the request around it. \`nano serve\` with one engine; each server is measured once it has come to rest after its start. NANO has each message on disk before \`send\` resolves ("fsync": "full" waits for the disk itself, "normal" leaves that to the system); Miniflare keeps its messages in memory.`,
  shortfall:
    'Miniflare pushes a message on an array and takes it off again, in the process of its consumer. Here it is on disk before its sender goes on, and crosses between processes twice. What is sent in one round of the store is one row, and is deleted as one: in a batch the store’s process takes 4 µs of a message. One by one, what comes at once is one call of the store: ten calls at a time share a commit, and the two changes of process and the four of thread that each takes are what is left.',
  run: async (effort) => {
    const results = await rounds(effort, {
      nano: () => measured(effort, () => startNano({ files: FILES, config: { storage: { fsync: 'normal' } } })),
      full: () => measured(effort, () => startNano({ files: FILES })),
      miniflare: () =>
        measured(effort, () =>
          startMiniflare(APP, () => ({ queueProducers: { Q: { queueName: 'jobs' } }, queueConsumers: { jobs: { maxBatchSize: 100, maxBatchTimeout: 0 } } })),
        ),
    });
    const typical = (name: string, key: keyof Measured): number => median((results.get(name) ?? []).map((one) => one[key]));
    const who = { nano: 'NANO', full: 'NANO, waiting for the disk', miniflare: 'Miniflare' } as const;
    const names = ['nano', 'full', 'miniflare'] as const;
    const speeds = [
      ['batched', 'in batches'],
      ['single', 'one by one'],
    ] as const;
    return [
      ...speeds.flatMap(([key, what]): Row[] => [
        ...names.map((name): Row => ({ what: `${what}: ${who[name]}`, value: typical(name, key), unit: 'msg/s' })),
        { what: `${what}: NANO to Miniflare`, value: typical('nano', key) / typical('miniflare', key), unit: '×', goal: { atLeast: 3 } },
        { what: `${what}: processor time of a message, NANO`, value: typical('nano', `${key}Cpu`), unit: 'µs' },
        { what: `${what}: processor time of a message, Miniflare`, value: typical('miniflare', `${key}Cpu`), unit: 'µs' },
      ]),
      ...names.flatMap((name): Row[] => [
        { what: `one message: ${who[name]}, p50`, value: typical(name, 'p50'), unit: 'ms' },
        { what: `one message: ${who[name]}, p99`, value: typical(name, 'p99'), unit: 'ms' },
      ]),
    ];
  },
};
