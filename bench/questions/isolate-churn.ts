/** Does the memory of isolates that limits have killed come back? */
import { engineEnv } from '../../src/server/engine-launch.ts';
import { folder, removeFolder } from '../kit/folder.ts';
import { runTask } from '../kit/task.ts';
import type { Question } from '../question.ts';

const TOGETHER = 20;
const LIMITS = { memoryMb: 8, cpuMs: 20 };

const APP = `const kept = [];
export default {
  fetch(request) {
    if (request.url.endsWith('/loop')) for (;;);
    if (request.url.endsWith('/flood')) for (;;) kept.push(new Array(10_000).fill(kept.length));
    if (request.url.endsWith('/buffers')) for (;;) kept.push(new Uint8Array(1 << 20).fill(1));
    return new Response('Hello World');
  },
};
`;

/** What the apps die of, in turn. */
const DEATHS = ['/loop', '/flood', '/loop', '/buffers'];

type Result = { before: number; half: number; after: number; seconds: number; killed: number };

export const isolateChurn: Question = {
  name: 'isolate-churn',
  title: 'Memory after ten thousand isolates created and killed by limits',
  method: `${TOGETHER} apps at a time are started, answer a request and then die of a limit: half of them loop (${LIMITS.cpuMs} ms of CPU), a quarter fills the heap, a quarter array buffers (${LIMITS.memoryMb} MB), until 10,000 isolates have come and gone (1,000 with --quick). The first 500 (100) warm up the allocator and do not count. The process has an engine's settings and gives free memory back to the system as an engine does.`,
  run: async (effort) => {
    const dir = folder();
    const isolates = effort.quick ? 1000 : 10_000;
    effort.tell(`${isolates} isolates`);
    try {
      const parameters = { dir, code: APP, isolates, together: TOGETHER, limits: LIMITS, deaths: DEATHS };
      // With the allocator's settings of an engine.
      const result = await runTask<Result>('isolate-churn', parameters, undefined, engineEnv());
      return [
        { what: 'resident memory before', value: result.before, unit: 'MB' },
        { what: `after ${(isolates / 2).toLocaleString('en')}`, value: result.half, unit: 'MB' },
        { what: `after ${isolates.toLocaleString('en')}`, value: result.after, unit: 'MB' },
        { what: 'after to before', value: result.after / result.before, unit: '×', goal: { under: 1.1 } },
        { what: 'isolates that a limit has ended', value: (result.killed / (isolates + Math.min(500, isolates / 10))) * 100, unit: '%' },
        { what: 'each isolate: created, loaded, asked once, killed', value: (result.seconds * 1000) / isolates, unit: 'ms' },
      ];
    } finally {
      removeFolder(dir);
    }
  },
};
