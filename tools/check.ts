/** `npm run check`: everything that can be said about the code without running it. All of it runs, so that one run shows all that is wrong. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const bin = (name: string): string => join(root, 'node_modules/.bin', name);

const STEPS: readonly [name: string, command: string, ...args: string[]][] = [
  ['types of the host', bin('tsc'), '-p', 'tsconfig.json'],
  ['types of the runtime', bin('tsc'), '-p', 'tsconfig.runtime.json'],
  ['types of the runtime’s tests', bin('tsc'), '-p', 'tsconfig.runtime-tests.json'],
  ['format and lint', bin('biome'), 'ci', '--error-on-warnings', '--reporter=summary', '--colors=off', '.'],
  ['who imports whom', bin('depcruise'), '--config', '.dependency-cruiser.cjs', 'src', 'test', 'bench', 'tools'],
  ['tables', process.execPath, 'tools/check-tables.ts'],
  ['reference pages', process.execPath, 'tools/generate-docs.ts', '--check'],
  ['documents', process.execPath, 'tools/check-documents.ts'],
];

const failed: string[] = [];
for (const [name, command, ...args] of STEPS) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${status === 0 ? '✔' : '✖'} ${name} (${seconds} s)\n`);
  if (status === 0) continue;
  failed.push(name);
  process.stdout.write(`${stdout}${stderr}\n`);
}
if (failed.length > 0) {
  process.stdout.write(`failed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}
