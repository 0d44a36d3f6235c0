/** Checks the tables of the code against each other and against what is written about them. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { posts, requests, syncs } from '../src/ops/table.ts';
import { ClientErrors } from '../src/protocol/errors.ts';
import { LIMITS } from '../src/protocol/limits.ts';
import { Post, Request, Sync } from '../src/protocol/ops.ts';
import { dependencyProblems, errorProblems, limitProblems, opProblems, type Sources } from './tables.ts';

const root = dirname(import.meta.dirname);

function sources(folder: string): Sources {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('testing/'),
  );
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(root, folder, name), 'utf8')]));
}

const implemented = new Set([posts, requests, syncs].flatMap((table) => table.flatMap((op, number) => (op === undefined ? [] : [number]))));
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };

const problems = [
  ...opProblems({ Post, Request, Sync }, implemented, { ...sources('src/app'), ...sources('src/isolate') }, sources('src/runtime')),
  ...errorProblems(ClientErrors),
  ...limitProblems(LIMITS),
  ...dependencyProblems(Object.keys(dependencies), readFileSync(join(root, 'docs/dependencies.md'), 'utf8'), sources('src')),
];
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
