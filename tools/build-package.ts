/**
 * Makes `dist/` (or the folder given): what the package ships. The host as compiled JavaScript with declarations,
 * and beside it the in-isolate runtime as one file of minified scripts, where build/runtime-bundle.ts looks for it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { writeRuntime } from '../src/build/runtime-bundle.ts';

const root = dirname(import.meta.dirname);
const dist = resolve(process.argv[2] ?? join(root, 'dist'));

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
compileHost();
await writeRuntime(join(dist, 'runtime.json'));

function compileHost(): void {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', dist], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
