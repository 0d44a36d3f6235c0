/** What came of the last recorded run, area by area: the figures of docs/reference/conformance.md. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AREAS, type Kind } from './areas.ts';
import type { Outcome } from './run.ts';

export type AreaResult = {
  readonly runs: number;
  readonly passed: number;
  readonly subtests: number /** Files that failed as a whole. */;
  readonly errors: number;
};
export type Results = Readonly<Record<Kind, Readonly<Record<string, AreaResult>>>>;

const FILE = join(import.meta.dirname, 'results.json');

export function readResults(): Results {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Results) : { plain: {}, server: {} };
}

/** Writes new figures over the old ones of the same areas. */
export function recordResults(kind: Kind, fresh: Readonly<Record<string, AreaResult>>): void {
  const results = readResults();
  const merged = { ...results[kind], ...fresh };
  const ordered = Object.fromEntries(AREAS.flatMap(({ name }) => (merged[name] === undefined ? [] : [[name, merged[name]]])));
  writeFileSync(FILE, `${JSON.stringify({ ...results, [kind]: ordered }, undefined, 2)}\n`);
}

export function summarise(outcomes: readonly Outcome[]): AreaResult {
  return {
    runs: outcomes.length,
    passed: outcomes.reduce((sum, { subtests }) => sum + subtests.filter(({ passed }) => passed).length, 0),
    subtests: outcomes.reduce((sum, { subtests }) => sum + subtests.length, 0),
    errors: outcomes.filter(({ error }) => error !== undefined).length,
  };
}
