/** Single Web APIs inside a real isolate, beside Node and workerd. */
import { readFileSync } from 'node:fs';
import { startBare } from '../kit/bare.ts';
import { ask } from '../kit/client.ts';
import { startNano } from '../kit/nano.ts';
import { rounds } from '../kit/rounds.ts';
import { median } from '../kit/statistics.ts';
import { startWorkerd } from '../kit/workerd.ts';
import type { Effort, Question, Row } from '../question.ts';

/** What is done, and the microseconds it may take. 64 KB in 65 µs are 1 GB/s. */
const APIS: Readonly<Record<string, { what: string; under: number }>> = {
  url: { what: 'new URL, and its path name', under: 1 },
  headers: { what: 'new Headers with ten entries, and a get', under: 2 },
  json: { what: 'Response.json of 1 KB', under: 10 },
  transform: { what: 'a chunk of 64 KB through a TransformStream', under: 65 },
};

type Started = { port: number; hosts?: readonly string[]; stop(): Promise<void> };

/** The shortest of some times: whatever disturbs a computation only makes it longer. */
async function best(times: number, measure: () => Promise<number>): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times; i++) shortest = Math.min(shortest, await measure());
  return shortest;
}

/** Microseconds of each API, in one server process. */
async function measure(effort: Effort, start: () => Promise<Started>): Promise<Record<string, number>> {
  const server = await start();
  const host = server.hosts?.[0] ?? 'localhost';
  const time = async (name: string, count: number): Promise<number> => {
    const { status, body, ms } = await ask(server.port, `/${name}/${count}`, host);
    if (status !== 200) throw new Error(`${name}: ${status} ${body}`);
    return ms;
  };
  try {
    const result: Record<string, number> = {};
    const wanted = effort.quick ? 100 : 300;
    for (const name of Object.keys(APIS)) {
      let count = 1000;
      let ms = await best(2, () => time(name, count));
      while (ms < wanted) {
        count = Math.ceil(count * Math.min(8, Math.max(1.5, (wanted * 1.2) / ms)));
        ms = await best(2, () => time(name, count));
      }
      const overhead = await best(5, () => time('nothing', 1));
      result[name] = ((Math.min(ms, await best(3, () => time(name, count))) - overhead) * 1000) / count;
    }
    return result;
  } finally {
    await server.stop();
  }
}

export const micro: Question = {
  name: 'micro',
  title: 'Single Web APIs inside the isolate',
  method: 'The same module in NANO, workerd and Node does each thing as often as fills some tenths of a second; the time of an empty request is taken off.',
  run: async (effort) => {
    const app = readFileSync(new URL('./app.js', import.meta.url), 'utf8');
    const results = await rounds(effort, {
      NANO: () => measure(effort, () => startNano({ files: { 'micro/index.js': app } })),
      workerd: () => measure(effort, () => startWorkerd({ workers: { micro: app } })),
      Node: () => measure(effort, () => startBare('micro-server')),
    });
    return Object.entries(APIS).flatMap(([name, { what, under }]): Row[] => {
      const of = (who: string): number => median((results.get(who) ?? []).map((each) => each[name] as number));
      const speed = (who: string): string => `${(of(who) / of('NANO')).toFixed(2)} × as long in ${who}`;
      return [{ what, value: of('NANO'), unit: 'µs', goal: { under }, note: `${speed('workerd')}, ${speed('Node')}` }];
    });
  },
};
