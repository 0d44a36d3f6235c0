/** The first request of an app that is not resident. */
import { bundle } from '../apps/bundle.ts';
import { HELLO, SSR } from '../apps/sources.ts';
import { folder, removeFolder } from '../kit/folder.ts';
import { rounds } from '../kit/rounds.ts';
import { median, quantile } from '../kit/statistics.ts';
import { runTask } from '../kit/task.ts';
import type { Effort, Question, Row } from '../question.ts';

type Times = { times: number[]; returns: number[]; warm: number };
type Setting = { code: string; apps: number; spares: number; cached: boolean };

async function measure({ code, apps, spares, cached }: Setting): Promise<Times> {
  const dir = folder();
  try {
    return await runTask<Times>('cold-start', { dir, code, apps, spares, cached });
  } finally {
    removeFolder(dir);
  }
}

const METHOD =
  'In one process, from the request reaching the app layer to its answer leaving it; HTTP comes on top. Every app has a bundle of its own on disk. "First" reads, checks and starts the app; "returning" finds the bundle still in memory after the isolate was evicted.';

async function compare(
  effort: Effort,
  code: string,
  apps: number,
  settings: Readonly<Record<string, { spares: number; cached: boolean }>>,
): Promise<Map<string, Times>> {
  const contestants = Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, () => measure({ code, apps, ...setting })]));
  const results = await rounds(effort, contestants);
  const merge = (all: readonly Times[]): Times => ({
    times: all.flatMap((each) => each.times),
    returns: all.flatMap((each) => each.returns),
    warm: median(all.map((each) => each.warm)),
  });
  return new Map([...results].map(([name, all]) => [name, merge(all)]));
}

const SHORTFALL =
  'an app is loaded in four entries (chunks and configuration, the seal, its script, the request), each of them a hand-off between threads of 45 to 60 µs; without a spare, V8 takes some 0.8 ms to make an isolate of the snapshot and as much for the context, which is deserialised once more. "First" also reads the bundle, checks its digest and looks through its sources for the globals they name.';

export const coldStart: Question = {
  name: 'cold-start',
  title: 'Cold start of hello',
  method: METHOD,
  shortfall: SHORTFALL,
  run: async (effort) => {
    const results = await compare(effort, await bundle(HELLO), effort.quick ? 100 : 300, {
      spare: { spares: 4, cached: true },
      none: { spares: 0, cached: true },
    });
    const row = (what: string, name: string, kind: 'times' | 'returns', q: number, under?: number): Row => {
      const value = quantile(results.get(name)?.[kind] ?? [], q);
      return { what, value, unit: 'ms', ...(under !== undefined && { goal: { under } }) };
    };
    return [
      row('with a spare isolate, first, p50', 'spare', 'times', 0.5, 0.5),
      row('with a spare isolate, first, p99', 'spare', 'times', 0.99, 3),
      row('with a spare isolate, returning, p50', 'spare', 'returns', 0.5, 0.5),
      row('with a spare isolate, returning, p99', 'spare', 'returns', 0.99, 3),
      row('without, first, p50', 'none', 'times', 0.5, 2),
      row('without, first, p99', 'none', 'times', 0.99, 5),
      row('without, returning, p50', 'none', 'returns', 0.5, 2),
      row('without, returning, p99', 'none', 'returns', 0.99, 5),
      { what: 'for comparison: a request of a warm app', value: results.get('spare')?.warm, unit: 'ms' },
    ];
  },
};

export const coldBundle: Question = {
  name: 'cold-bundle',
  title: 'Cold start of a 300 KB bundle',
  shortfall: SHORTFALL,
  method: `${METHOD} The bundle is Hono with its JSX renderer and middlewares, and zod, bundled and not minified; the request renders a page.`,
  run: async (effort) => {
    const code = await bundle(SSR);
    const results = await compare(effort, code, effort.quick ? 30 : 80, {
      spare: { spares: 4, cached: true },
      none: { spares: 0, cached: true },
      uncached: { spares: 4, cached: false },
    });
    const p50 = (name: string, kind: 'times' | 'returns'): number => quantile(results.get(name)?.[kind] ?? [], 0.5);
    const note = `${Math.round(Buffer.byteLength(code) / 1000)} KB`;
    return [
      { what: 'with a spare isolate and code cache, first, p50', value: p50('spare', 'times'), unit: 'ms', goal: { under: 2.3 }, note },
      { what: 'with a spare isolate and code cache, returning, p50', value: p50('spare', 'returns'), unit: 'ms', goal: { under: 2.3 } },
      { what: 'with code cache, without a spare, first, p50', value: p50('none', 'times'), unit: 'ms', goal: { under: 2.3 } },
      { what: 'with code cache, without a spare, returning, p50', value: p50('none', 'returns'), unit: 'ms', goal: { under: 2.3 } },
      { what: 'with a spare isolate, no code cache yet, first, p50', value: p50('uncached', 'times'), unit: 'ms' },
      { what: 'for comparison: the page from a warm app', value: results.get('spare')?.warm, unit: 'ms' },
    ];
  },
};
