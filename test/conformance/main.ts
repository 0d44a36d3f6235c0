/**
 * `npm run wpt -- --wpt DIR`: the Web Platform Tests of a checkout outside the repository, against a NANO engine over HTTP.
 *
 *   --areas a,b      only these (see areas.ts)
 *   --filter REGEX   only tests whose path matches
 *   --server-class --sidecar CMD   the tests that need a server, with the command that starts it and prints its URL
 *   --jobs N         tests at a time (2)
 *   --update         strike what passes off the lists of known failures, and record the figures
 *   --results FILE   write every subtest's result as JSON
 *   --verbose        a line for each test; --log-level LEVEL: what the engine logs (silent)
 *
 * Exit code 1: something failed that is not listed in expectations/, or something listed did not.
 */
import { writeFileSync } from 'node:fs';
import { commandLine, wholeOption, wrongUsage } from '../../bench/kit/command-line.ts';
import { AREAS, type Kind } from './areas.ts';
import { Engine } from './engine.ts';
import { countKnown, expectationsFile, judge, readExpectations, writeExpectations } from './expectations.ts';
import { inventory } from './inventory.ts';
import { serveSuite } from './origin.ts';
import { wholeOf } from './peers.ts';
import { lowerRatchet } from './ratchet.ts';
import { describeOutcome, type Row, resultTable } from './report.ts';
import { recordResults, summarise } from './results.ts';
import { type Outcome, runTests } from './run.ts';
import { startSidecar } from './sidecar.ts';
import { Suite } from './suite.ts';

const USAGE =
  'npm run wpt -- --wpt DIR [--areas A,B] [--filter REGEX] [--server-class --sidecar CMD] [--jobs N] [--update] [--results FILE] [--verbose] [--log-level LEVEL]';
const { values } = commandLine(USAGE, {
  options: {
    wpt: { type: 'string' },
    areas: { type: 'string' },
    filter: { type: 'string' },
    'server-class': { type: 'boolean', default: false },
    sidecar: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    update: { type: 'boolean', default: false },
    results: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    'log-level': { type: 'string', default: 'silent' },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  if (values.wpt === undefined) return wrongUsage(USAGE, '--wpt DIR is missing: where is the checkout of the Web Platform Tests?');
  const kind: Kind = values['server-class'] ? 'server' : 'plain';
  if (kind === 'server' && values.sidecar === undefined)
    return wrongUsage(USAGE, '--server-class needs --sidecar CMD, which starts the server and prints its URL');
  // Before anything is started: whoever is told nonsense ends at once.
  const jobs = wholeOption(USAGE, 'jobs', values.jobs, 1);
  const areas = values.areas === undefined ? undefined : new Set(values.areas.split(','));
  for (const name of areas ?? [])
    if (!AREAS.some((area) => area.name === name)) return wrongUsage(USAGE, `there is no area ${name}; there are ${AREAS.map((area) => area.name).join(', ')}`);
  const suite = new Suite(values.wpt);
  const tests = inventory(suite, { kind, areas, filter: values.filter === undefined ? undefined : new RegExp(values.filter) });
  const origin = kind === 'server' ? await startSidecar(values.sidecar ?? '') : await serveSuite(suite);
  const engine = await Engine.start(values['log-level']);
  try {
    const onOutcome = (outcome: Outcome, done: number): void => {
      if (values.verbose || outcome.error !== undefined) console.log(`[${done}/${tests.length}] ${describeOutcome(outcome)}`);
    };
    const outcomes = await runTests(tests, { suite, engine, origin: origin.url, jobs, onOutcome });
    if (values.results !== undefined) writeFileSync(values.results, JSON.stringify(outcomes));
    return report(kind, outcomes);
  } finally {
    await engine.close();
    origin.close();
  }
}

function report(kind: Kind, outcomes: readonly Outcome[]): number {
  const rows: Row[] = [];
  for (const area of AREAS) {
    const own = outcomes.filter(({ test }) => test.area === area.name);
    if (own.length === 0) continue;
    const file = expectationsFile(area.name, kind);
    const { unexpected, stale, pruned } = judge(readExpectations(file), own);
    const result = summarise(own);
    // A part of an area says nothing about the whole.
    const isPart = values.filter !== undefined;
    const whole = isPart ? result.subtests : wholeOf(kind, area.name, result.subtests);
    rows.push({ area: area.name, goal: area[kind], result, whole, unexpected: unexpected.length, stale: stale.length });
    for (const { key, name, message } of unexpected) console.log(`unexpected failure  ${key}: ${name}\n    ${message.split('\n')[0]}`);
    for (const { key, name } of stale) console.log(`unexpected pass     ${key}: ${name}`);
    if (!values.update) continue;
    if (stale.length > 0) writeExpectations(file, pruned);
    lowerRatchet(file, countKnown(pruned));
    if (!isPart) recordResults(kind, { [area.name]: result });
  }
  console.log(resultTable(rows));
  return rows.some(({ unexpected, stale }) => unexpected > 0 || (stale > 0 && !values.update)) ? 1 : 0;
}
