/** Does the memory of isolates that are gone come back? */
import { HELLO } from '../apps/sources.ts';
import { folder, removeFolder } from '../kit/folder.ts';
import { runTask } from '../kit/task.ts';
import type { Question } from '../question.ts';

const TOGETHER = 20;

export const isolateChurn: Question = {
  name: 'isolate-churn',
  title: 'Memory after ten thousand isolates created and killed',
  method: `${TOGETHER} apps at a time are started, answer a request and are evicted, until 10,000 isolates have come and gone (1,000 with --quick). The first 500 (100) warm up the allocator and do not count.`,
  run: async (effort) => {
    const dir = folder();
    const isolates = effort.quick ? 1000 : 10_000;
    effort.tell(`${isolates} isolates`);
    try {
      const result = await runTask<{ before: number; half: number; after: number; seconds: number }>('isolate-churn', {
        dir,
        code: HELLO,
        isolates,
        together: TOGETHER,
      });
      return [
        { what: 'resident memory before', value: result.before, unit: 'MB' },
        { what: `after ${(isolates / 2).toLocaleString('en')}`, value: result.half, unit: 'MB' },
        { what: `after ${isolates.toLocaleString('en')}`, value: result.after, unit: 'MB' },
        { what: 'after to before', value: result.after / result.before, unit: '×', goal: { under: 1.1 } },
        { what: 'each isolate: created, loaded, asked once, killed', value: (result.seconds * 1000) / isolates, unit: 'ms' },
      ];
    } finally {
      removeFolder(dir);
    }
  },
};
