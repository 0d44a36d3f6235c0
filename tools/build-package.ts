/**
 * Makes `dist/` (or the folder given): what the package ships. The host as compiled JavaScript with declarations,
 * and beside it the in-isolate runtime as one minified script, where build/runtime-bundle.ts looks for it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { runtimeBuildOptions } from '../src/build/runtime-bundle.ts';

const root = dirname(import.meta.dirname);
const dist = resolve(process.argv[2] ?? join(root, 'dist'));

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
compileHost();
await build({ ...runtimeBuildOptions, entryPoints: [join(root, 'src/runtime/main.ts')], outfile: join(dist, 'runtime.js'), write: true });

function compileHost(): void {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', dist], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
