/** A fresh context for every request, in an isolate that stays. */
import { HELLO } from '../apps/sources.ts';
import { folder, removeFolder } from '../kit/folder.ts';
import { rounds } from '../kit/rounds.ts';
import { quantile } from '../kit/statistics.ts';
import { runTask } from '../kit/task.ts';
import type { Question } from '../question.ts';

type Times = { contexts: number[]; requests: number[] };

async function measure(count: number): Promise<Times> {
  const dir = folder();
  try {
    return await runTask<Times>('context-reset', { dir, code: HELLO, count });
  } finally {
    removeFolder(dir);
  }
}

export const contextReset: Question = {
  name: 'context-reset',
  title: 'A fresh context in a live isolate',
  method:
    'The context alone, with the runtime in it and connected to the host; and a whole request of a hello app with `"isolation": "request"`: context, modules, answer.',
  run: async (effort) => {
    const results = await rounds(effort, { nano: () => measure(effort.quick ? 200 : 1000) });
    const all = results.get('nano') ?? [];
    const contexts = all.flatMap((each) => each.contexts);
    const requests = all.flatMap((each) => each.requests);
    return [
      { what: 'a fresh context, p50', value: quantile(contexts, 0.5), unit: 'ms', goal: { under: 1 } },
      { what: 'a fresh context, p99', value: quantile(contexts, 0.99), unit: 'ms' },
      { what: 'a request in a context of its own, p50', value: quantile(requests, 0.5), unit: 'ms' },
      { what: 'a request in a context of its own, p99', value: quantile(requests, 0.99), unit: 'ms' },
    ];
  },
};
