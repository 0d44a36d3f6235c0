/**
 * Runs the benchmarks: every question, or the ones named.
 *
 *     node bench/run.ts [--quick] [--write] [QUESTION…]
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandLine, wrongUsage } from './kit/command-line.ts';
import { packageRoot } from './kit/nano.ts';
import { requireWrk } from './kit/wrk.ts';
import { machine } from './machine.ts';
import { micro } from './micro/question.ts';
import type { Effort, Question } from './question.ts';
import { d1 } from './questions/d1.ts';
import { kv } from './questions/kv.ts';
import { apiCost } from './questions/api-cost.ts';
import { assets } from './questions/assets.ts';
import { attacks } from './questions/attacks.ts';
import { cache } from './questions/cache.ts';
import { coldBundle, coldStart } from './questions/cold-start.ts';
import { contextReset } from './questions/context-reset.ts';
import { hello } from './questions/hello.ts';
import { hono } from './questions/hono.ts';
import { hundredApps } from './questions/hundred-apps.ts';
import { isolateChurn } from './questions/isolate-churn.ts';
import { memory } from './questions/memory.ts';
import { noisyNeighbour } from './questions/noisy-neighbour.ts';
import { queues } from './questions/queues.ts';
import { r2 } from './questions/r2.ts';
import { registeredApps } from './questions/registered-apps.ts';
import { reloads } from './questions/reloads.ts';
import { rpc } from './questions/rpc.ts';
import { stream } from './questions/stream.ts';
import { type Measured, table, updatePage } from './report.ts';

const QUESTIONS: readonly Question[] = [
  hello,
  hono,
  hundredApps,
  coldStart,
  coldBundle,
  memory,
  apiCost,
  registeredApps,
  contextReset,
  noisyNeighbour,
  attacks,
  isolateChurn,
  reloads,
  stream,
  kv,
  r2,
  d1,
  queues,
  rpc,
  assets,
  cache,
  micro,
];
const PAGE = join(packageRoot, 'docs/benchmarks.md');

const USAGE = `node bench/run.ts [--quick] [--write] [QUESTION…]

  --quick   a first impression, in under three minutes
  --write   put the results into docs/benchmarks.md

Questions:
${QUESTIONS.map(({ name, title }) => `  ${name.padEnd(16)}  ${title}`).join('\n')}
`;

async function main(): Promise<void> {
  const { values, positionals } = commandLine(USAGE, {
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const unknown = positionals.find((name) => !QUESTIONS.some((question) => question.name === name));
  if (unknown !== undefined) wrongUsage(USAGE, `There is no question "${unknown}".`);
  requireWrk();
  const quick = values.quick;
  const tell = (line: string): void => void process.stderr.write(`  ${line}\n`);
  const effort: Effort = quick ? { quick, rounds: 1, seconds: 2, tell } : { quick, rounds: 3, seconds: 4, tell };
  const failed = await run(positionals, effort, values.write);
  if (failed > 0) process.exitCode = 1;
}

async function run(names: readonly string[], effort: Effort, write: boolean): Promise<number> {
  const where = machine();
  process.stdout.write(`${where}\n\n`);
  let failed = 0;
  for (const question of QUESTIONS) {
    if (names.length > 0 && !names.includes(question.name)) continue;
    process.stdout.write(`## ${question.title} (${question.name})\n\n`);
    const started = performance.now();
    try {
      const rows = await question.run(effort);
      const seconds = Math.round((performance.now() - started) / 1000);
      process.stdout.write(`${table(rows)}\n\n${seconds} s\n\n`);
      const when = new Date().toISOString().slice(0, 10);
      if (write) save({ question, rows, when, machine: where, effort: effort.quick ? 'one quick round' : `${effort.rounds} rounds` });
    } catch (error) {
      failed++;
      process.stderr.write(`${question.name} failed: ${error instanceof Error ? error.stack : String(error)}\n\n`);
    }
  }
  return failed;
}

/** At once, so that what a long run has found is not lost with what comes later. */
function save(measured: Measured): void {
  const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(
    PAGE,
    updatePage(
      page,
      QUESTIONS.map(({ name }) => name),
      [measured],
    ),
  );
}

await main();
process.exit();
