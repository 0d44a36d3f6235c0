/**
 * The work tree against a git revision: did a change help?
 *
 *     node bench/compare.ts [--quick] REF [hello|hono|hundred-apps|cold-start|memory…]
 *
 * Both take turns in fresh processes; a ratio above 1 means that the work tree does better.
 */
import { bundle } from './apps/bundle.ts';
import { HELLO, HONO, HONO_ORDER } from './apps/sources.ts';
import { checkout } from './kit/checkout.ts';
import { commandLine, wrongUsage } from './kit/command-line.ts';
import { underLoad } from './kit/contest.ts';
import { folder, removeFolder } from './kit/folder.ts';
import { packageRoot, startNano } from './kit/nano.ts';
import { rounds } from './kit/rounds.ts';
import { median, quantile } from './kit/statistics.ts';
import { runTask } from './kit/task.ts';
import type { Load } from './kit/wrk.ts';
import { requireWrk } from './kit/wrk.ts';
import type { Effort, Row, Unit } from './question.ts';
import { table } from './report.ts';

type Figures = Readonly<Record<string, number>>;
type Measure = (effort: Effort, root: string) => Promise<Figures>;

const load =
  (files: () => Promise<Readonly<Record<string, string>>>, request: Partial<Load> = {}): Measure =>
  async (effort, root) => {
    const content = await files();
    const { requestsPerSecond, cpuUs } = await underLoad(effort, () => startNano({ files: content, root }), request);
    return { 'req/s': requestsPerSecond, 'CPU µs': cpuUs };
  };

async function inFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = folder();
  try {
    return await work(dir);
  } finally {
    removeFolder(dir);
  }
}

const MEASURES: Readonly<Record<string, Measure>> = {
  hello: load(async () => ({ 'hello/index.js': HELLO })),
  hono: load(async () => ({ 'hono/index.js': await bundle(HONO) }), { path: '/orders/42?currency=EUR', method: 'POST', body: HONO_ORDER }),
  'hundred-apps': load(async () => Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`app-${at}/index.js`, HELLO]))),
  'cold-start': (effort, root) =>
    inFolder(async (dir) => {
      const { times } = await runTask<{ times: number[] }>('cold-start', { dir, code: HELLO, apps: effort.quick ? 60 : 200, spares: 4, cached: true }, root);
      return { 'ms p50': quantile(times, 0.5), 'ms p99': quantile(times, 0.99) };
    }),
  memory: (_effort, root) =>
    inFolder(async (dir) => {
      const { before, after } = await runTask<{ before: number; after: number }>('resident', { dir, code: HELLO, apps: 200 }, root);
      return { 'MB an app': (after - before) / 200 };
    }),
};

const USAGE = `node bench/compare.ts [--quick] REF [${Object.keys(MEASURES).join('|')}…]`;
const { values, positionals } = commandLine(USAGE, { allowPositionals: true, options: { quick: { type: 'boolean', default: false } } });
const [ref, ...asked] = positionals;
const names = asked.length === 0 ? Object.keys(MEASURES) : asked;
const unknown = names.find((name) => MEASURES[name] === undefined);
if (ref === undefined) wrongUsage(USAGE, 'Which revision?');
if (unknown !== undefined) wrongUsage(USAGE, `There is no comparison "${unknown}".`);
requireWrk();
const other = checkout(ref);
const tell = (line: string): void => void process.stderr.write(`  ${line}\n`);
const effort: Effort = values.quick ? { quick: true, rounds: 2, seconds: 2, tell } : { quick: false, rounds: 5, seconds: 4, tell };

for (const name of names) {
  const measure = MEASURES[name] as Measure;
  const results = await rounds(effort, { 'work tree': () => measure(effort, packageRoot), [ref]: () => measure(effort, other) });
  const rows: Row[] = [];
  for (const figure of Object.keys(results.get(ref)?.[0] ?? {})) {
    const of = (who: string): number => median((results.get(who) ?? []).map((each) => each[figure] as number));
    const unit = (/^(req\/s|ms|MB)/.exec(figure)?.[0] ?? 'µs') as Unit;
    const better = unit === 'req/s' ? of('work tree') / of(ref) : of(ref) / of('work tree');
    rows.push(
      { what: `${figure}, ${ref}`, value: of(ref), unit },
      { what: `${figure}, work tree`, value: of('work tree'), unit },
      { what: `${figure}, better by`, value: better, unit: '×' },
    );
  }
  process.stdout.write(`## ${name}\n\n${table(rows)}\n\n`);
}
process.exit();
