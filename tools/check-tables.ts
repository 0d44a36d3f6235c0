/** Checks the tables of the code against each other and against what is written about them. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CommandEntry, isGroup } from '../src/cli/command.ts';
import { COMMANDS } from '../src/cli/commands.ts';
import { posts, requests, syncs } from '../src/ops/table.ts';
import { CHUNKS } from '../src/protocol/chunks.ts';
import { ClientErrors } from '../src/protocol/errors.ts';
import { LIMITS } from '../src/protocol/limits.ts';
import { Post, Request, Sync } from '../src/protocol/ops.ts';
import { WEB_APIS } from '../src/protocol/web-apis.ts';
import { commandProblems, dependencyProblems, errorProblems, globalProblems, limitProblems, opProblems, type Sources } from './tables.ts';

const root = dirname(import.meta.dirname);

function sources(folder: string): Sources {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('testing/'),
  );
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(root, folder, name), 'utf8')]));
}

const implemented = new Set([posts, requests, syncs].flatMap((table) => table.flatMap((op, number) => (op === undefined ? [] : [number]))));
const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
  'dependencies' | 'devDependencies',
  Record<string, string>
>;

// By its address: the runtime's types are another program's.
const { defineGlobals } = (await import(new URL('../src/runtime/globals.ts', import.meta.url).href)) as { defineGlobals(scope: object): void };
const core = {};
defineGlobals(core);
const words = (text = ''): string[] => text.split(' ').filter((word) => word !== '');
const globals = new Set([
  ...Object.keys(Object.getOwnPropertyDescriptors(core)),
  ...Object.values(CHUNKS).flatMap(({ interfaces, members }) => [...words(interfaces), ...words(members)]),
]);

/** Options by command, of all commands. */
async function optionsByCommand(entries: readonly CommandEntry[]): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const entry of entries) {
    const command = await entry.load();
    if (isGroup(command)) Object.assign(found, await optionsByCommand(command.commands));
    else found[command.name] = Object.keys(command.options);
  }
  return found;
}

const problems = [
  ...opProblems({ Post, Request, Sync }, implemented, { ...sources('src/app'), ...sources('src/isolate') }, sources('src/runtime')),
  ...errorProblems(ClientErrors),
  ...limitProblems(LIMITS),
  ...globalProblems(
    globals,
    Object.values(WEB_APIS).flatMap((api) => words(api.globals)),
  ),
  ...commandProblems(await optionsByCommand(COMMANDS), readFileSync(join(root, 'docs/reference/cli.md'), 'utf8')),
  ...dependencyProblems(Object.keys(dependencies), readFileSync(join(root, 'docs/dependencies.md'), 'utf8'), sources('src'), Object.keys(devDependencies)),
];
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
