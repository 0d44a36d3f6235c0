/** What a warm app costs in resident memory. */
import { HELLO } from '../apps/sources.ts';
import { ask } from '../kit/client.ts';
import { folder, removeFolder } from '../kit/folder.ts';
import { residentMb } from '../kit/usage.ts';
import { rounds } from '../kit/rounds.ts';
import { median } from '../kit/statistics.ts';
import { runTask } from '../kit/task.ts';
import { startWorkerd } from '../kit/workerd.ts';
import type { Question } from '../question.ts';

async function nano(apps: number): Promise<number> {
  const dir = folder();
  try {
    const { before, after } = await runTask<{ before: number; after: number }>('resident', { dir, code: HELLO, apps });
    return (after - before) / apps;
  } finally {
    removeFolder(dir);
  }
}

/** Asks every worker three times, like NANO's, through one that has them all as bindings. */
const FRONT = `export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname === '/warm') for (const name of Object.keys(env)) for (let i = 0; i < 3; i++) await env[name].fetch(request);
    return new Response('ready');
  },
};
`;

async function workerdMb(apps: number): Promise<number> {
  const names = Array.from({ length: apps }, (_, at) => `app${at}`);
  const server = await startWorkerd({ workers: { front: FRONT, ...Object.fromEntries(names.map((name) => [name, HELLO])) }, bindings: names });
  try {
    await ask(server.port, '/warm');
    return residentMb(server.pid);
  } finally {
    await server.stop();
  }
}

async function workerd(apps: number): Promise<number> {
  return ((await workerdMb(apps)) - (await workerdMb(1))) / (apps - 1);
}

export const memory: Question = {
  name: 'memory',
  title: 'Resident memory per warm hello app',
  shortfall: "an empty isolate with isolated-vm's own context and ours takes 1.26 MB before anything of NANO is in it; the runtime is paid in both contexts.",
  method:
    'Growth of the resident memory (VmRSS) while apps become warm in one process, three requests each, divided by their number; workerd with as many workers in one configuration, less one with a single worker.',
  run: async (effort) => {
    const many = effort.quick ? 200 : 1000;
    const results = await rounds(
      effort,
      {
        'NANO, 200 apps': () => nano(200),
        ...(effort.quick ? {} : { 'NANO, 1000 apps': () => nano(1000) }),
        [`workerd, ${many} workers`]: () => workerd(many),
      },
      effort.quick ? 1 : 2,
    );
    return [...results].map(([what, values]) => ({
      what,
      value: median(values),
      unit: 'MB' as const,
      ...(what.startsWith('NANO') && { goal: { under: 1.55 } }),
    }));
  },
};
