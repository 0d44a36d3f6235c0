/** A large body in and out again, without being kept. */
import { ECHO, ECHO_THROUGH } from '../apps/sources.ts';
import { startBare } from '../kit/bare.ts';
import { watchMemory } from '../kit/usage.ts';
import { startNano } from '../kit/nano.ts';
import { rounds } from '../kit/rounds.ts';
import { median } from '../kit/statistics.ts';
import { runTask } from '../kit/task.ts';
import { startWorkerd } from '../kit/workerd.ts';
import type { Question, Row } from '../question.ts';

type Started = { port: number; pid: number; hosts?: readonly string[]; stop(): Promise<void> };
type Result = { gigabytesPerSecond: number; grown: number };

async function measure(bytes: number, start: () => Promise<Started>): Promise<Result> {
  const server = await start();
  const ask = (size: number): Promise<{ seconds?: number; error?: string }> =>
    runTask('stream-client', { port: server.port, host: server.hosts?.[0] ?? 'localhost', bytes: size });
  try {
    await ask(32e6);
    const memory = watchMemory(server.pid);
    const { seconds, error } = await ask(bytes);
    const { before, peak } = memory.stop();
    if (seconds === undefined) throw new Error(`the body did not come back: ${error}`);
    return { gigabytesPerSecond: bytes / 1e9 / seconds, grown: peak - before };
  } finally {
    await server.stop();
  }
}

const config = { limits: { defaults: { request_body_bytes: 2e9 }, ceilings: { request_body_bytes: 2e9 } } };

export const stream: Question = {
  name: 'stream',
  title: 'A body of 1 GB streamed through',
  shortfall:
    "the bytes come from the socket through Node's HTTP and go back through it, each chunk an event of JavaScript; a bare node:http server that pipes has the same limit.",
  method:
    'One client sends 1 GB (100 MB with --quick) and reads it back on the same connection, so every byte crosses the loopback twice; client and server share the machine. "Passed on" answers with the body of the request as it is; "through the app" has every chunk go through a TransformStream of the app.',
  run: async (effort) => {
    const bytes = effort.quick ? 1e8 : 1e9;
    const results = await rounds(effort, {
      'NANO, passed on': () => measure(bytes, () => startNano({ files: { 'echo/index.js': ECHO }, config })),
      'workerd, passed on': () => measure(bytes, () => startWorkerd({ workers: { echo: ECHO } })),
      'node:http alone': () => measure(bytes, () => startBare()),
      'NANO, through the app': () => measure(bytes, () => startNano({ files: { 'echo/index.js': ECHO_THROUGH }, config })),
      'workerd, through the app': () => measure(bytes, () => startWorkerd({ workers: { echo: ECHO_THROUGH } })),
    });
    const rate = (name: string): number => median((results.get(name) ?? []).map((each) => each.gigabytesPerSecond));
    const rows: Row[] = [...results.keys()].map((what) => ({
      what,
      value: rate(what),
      unit: 'GB/s',
      ...(what === 'NANO, passed on' && { goal: { atLeast: 1 } }),
    }));
    for (const kind of ['passed on', 'through the app'])
      rows.push({ what: `NANO to workerd, ${kind}`, value: rate(`NANO, ${kind}`) / rate(`workerd, ${kind}`), unit: '×' });
    rows.push({ what: 'NANO to node:http alone, passed on', value: rate('NANO, passed on') / rate('node:http alone'), unit: '×' });
    for (const [name, all] of results) {
      const goal = name.startsWith('NANO') ? { goal: { under: 50 } } : {};
      rows.push({ what: `${name}: memory grown at most by`, value: median(all.map((each) => each.grown)), unit: 'MB', ...goal });
    }
    return rows;
  },
};
