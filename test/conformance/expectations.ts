/**
 * Known failures, each with its reason: one file for every area and kind of test.
 *
 * Rules: a failure that is not listed fails the run, and so does a listed one that passes. How many are listed in
 * each file is written in tools/ratchet.json and may only fall.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kind } from './areas.ts';
import { type Outcome, WHOLE_FILE } from './run.ts';

export type Known = {
  readonly reason: string;
  /** They pass on some runs. */
  readonly isFlaky?: boolean;
  /**
   * By the test's path, with its variant or for all of them: the names of subtests ("(file)" for a failure of the file
   * itself), or a pattern and the number of those it matches.
   */
  readonly failures: Readonly<Record<string, readonly string[] | Pattern>>;
};
export type Pattern = { readonly match: string; readonly count: number };

export type Judgement = {
  /** Failures nobody expected: test, subtest, message. */
  readonly unexpected: readonly { key: string; name: string; message: string }[];
  /** Listed failures that passed, or were not there. */
  readonly stale: readonly { key: string; name: string }[];
  /** The list without what is stale. */
  readonly pruned: readonly Known[];
};

const FOLDER = join(import.meta.dirname, 'expectations');

export function expectationsFile(area: string, kind: Kind): string {
  return `${area.replaceAll('/', '-').toLowerCase()}${kind === 'server' ? '.server' : ''}.json`;
}

export function readExpectations(file: string): Known[] {
  const path = join(FOLDER, file);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Known[]) : [];
}

export function writeExpectations(file: string, known: readonly Known[]): void {
  writeFileSync(join(FOLDER, file), `${JSON.stringify(known, undefined, 2)}\n`);
}

/** How many failures a list lets pass. */
export function countKnown(known: readonly Known[]): number {
  return known.flatMap(({ failures }) => Object.values(failures)).reduce((sum, listed) => sum + ('match' in listed ? listed.count : listed.length), 0);
}

/** Compares an area's outcomes with its list. Entries for tests that did not run are left alone. */
export function judge(known: readonly Known[], outcomes: readonly Outcome[]): Judgement {
  const failed = failuresByKey(outcomes);
  const expected = new Set<string>();
  const stale: { key: string; name: string }[] = [];
  const pruned = known.map((group) => {
    const failures: Record<string, readonly string[] | Pattern> = {};
    for (const [key, listed] of Object.entries(group.failures)) {
      const actual = failed.get(key);
      const names = [...(actual?.keys() ?? [])];
      const matched = 'match' in listed ? names.filter((name) => new RegExp(listed.match).test(name)) : names.filter((name) => listed.includes(name));
      for (const name of matched) for (const place of actual?.get(name)?.places ?? []) expected.add(`${place}\n${name}`);
      if (actual === undefined || group.isFlaky) failures[key] = listed;
      else if ('match' in listed) {
        const count = Math.min(listed.count, matched.length);
        if (matched.length > listed.count) for (const name of matched) for (const place of actual.get(name)?.places ?? []) expected.delete(`${place}\n${name}`);
        if (count < listed.count) stale.push({ key, name: `${listed.match} (${count} of ${listed.count})` });
        if (count > 0) failures[key] = { match: listed.match, count };
      } else {
        for (const name of listed) if (!matched.includes(name)) stale.push({ key, name });
        if (matched.length > 0) failures[key] = listed.filter((name) => matched.includes(name));
      }
    }
    return { ...group, failures };
  });
  const unexpected = outcomes.flatMap((outcome) => {
    const key = outcome.test.path + outcome.test.variant;
    return failuresOf(outcome)
      .filter(({ name }) => !expected.has(`${key}\n${name}`))
      .map(({ name, message }) => ({ key, name, message }));
  });
  return { unexpected, stale, pruned: pruned.filter(({ failures }) => Object.keys(failures).length > 0) };
}

type Failure = { readonly name: string; readonly message: string };

function failuresOf({ error, subtests }: Outcome): Failure[] {
  const failures = subtests.filter(({ passed }) => !passed).map(({ name, message }) => ({ name, message }));
  return error === undefined ? failures : [{ name: WHOLE_FILE, message: error }, ...failures];
}

/** For every test that ran, under its path alone and with its variant: what failed, and in which runs. */
function failuresByKey(outcomes: readonly Outcome[]): Map<string, Map<string, { places: Set<string> }>> {
  const all = new Map<string, Map<string, { places: Set<string> }>>();
  for (const outcome of outcomes) {
    const { path, variant } = outcome.test;
    for (const key of new Set([path, path + variant])) {
      const names = all.get(key) ?? new Map<string, { places: Set<string> }>();
      all.set(key, names);
      for (const { name } of failuresOf(outcome)) {
        const entry = names.get(name) ?? { places: new Set() };
        names.set(name, entry);
        entry.places.add(path + variant);
      }
    }
  }
  return all;
}
