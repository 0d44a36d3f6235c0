/** Apps that nobody asks for must cost next to nothing. */
import { HELLO } from '../apps/sources.ts';
import { folder, removeFolder } from '../kit/folder.ts';
import { residentMb } from '../kit/usage.ts';
import { rounds } from '../kit/rounds.ts';
import { median } from '../kit/statistics.ts';
import { Task } from '../kit/task.ts';
import { wrk } from '../kit/wrk.ts';
import type { Effort, Question } from '../question.ts';

const BUSY = 100;

type Result = { rss: number; rate: number; tableMs: number };
type Reply = { port: number; tableMs: number };

async function measure(effort: Effort, registered: number): Promise<Result> {
  const dir = folder();
  const task = new Task<Reply>('registered-apps', { dir, code: HELLO, registered, busy: BUSY });
  try {
    const { port, tableMs } = await task.next();
    const hosts = Array.from({ length: BUSY }, (_, at) => `app-${at}.localhost`);
    const { requestsPerSecond } = await wrk({ port, hosts, seconds: effort.seconds });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return { rss: residentMb(task.pid), rate: requestsPerSecond, tableMs };
  } finally {
    await task.stop();
    removeFolder(dir);
  }
}

export const registeredApps: Question = {
  name: 'registered-apps',
  title: 'Ten thousand registered apps, a hundred of them busy',
  method: 'An engine given its table of apps directly, under load on the first hundred apps. Resident memory of the process after the load.',
  run: async (effort) => {
    const results = await rounds(effort, { '100': () => measure(effort, 100), '10,000': () => measure(effort, 10_000) }, effort.quick ? 1 : effort.rounds);
    const of = (name: string, key: keyof Result): number => median((results.get(name) ?? []).map((each) => each[key]));
    return [
      { what: '100 registered, 100 busy', value: of('100', 'rss'), unit: 'MB' },
      { what: '10,000 registered, 100 busy', value: of('10,000', 'rss'), unit: 'MB' },
      { what: 'memory, 10,000 to 100', value: of('10,000', 'rss') / of('100', 'rss'), unit: '×', goal: { under: 1.2 } },
      { what: 'requests a second, 10,000 to 100', value: of('10,000', 'rate') / of('100', 'rate'), unit: '×' },
      { what: 'taking in a table of 10,000 apps', value: of('10,000', 'tableMs'), unit: 'ms' },
    ];
  },
};
