/**
 * The in-isolate runtime as one script.
 *
 * A packaged NANO ships it ready made beside its code. From a source tree it is bundled on demand
 * and kept in a cache folder, named after the digest of what it was made from, so that only a change
 * of the runtime costs a build.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';

const source = fileURLToPath(new URL('../', import.meta.url));
const packaged = fileURLToPath(new URL('../runtime.js', import.meta.url));

/** How the runtime is bundled; tools/build-package.ts uses the same. */
export const runtimeBuildOptions: BuildOptions = {
  bundle: true,
  minify: true,
  format: 'iife',
  platform: 'neutral',
  target: 'esnext',
  // V8 keeps the whole text with two bytes a character as soon as one character is not Latin-1, in every isolate.
  charset: 'ascii',
  legalComments: 'none',
  // A sloppy frame would let tenants see the runtime's functions through `caller` and call sites.
  banner: { js: '"use strict";' },
  write: false,
};

/**
 * The path of the runtime's script.
 * @param cacheDir where a source tree's build is kept; made if it is not there
 */
export async function runtimeFile(cacheDir: string): Promise<string> {
  if (existsSync(packaged)) return packaged;
  const file = path.join(cacheDir, `runtime-${sourceDigest()}.js`);
  if (existsSync(file)) return file;
  const { build } = await import('esbuild');
  const result = await build({ ...runtimeBuildOptions, entryPoints: [path.join(source, 'runtime/main.ts')] });
  const output = result.outputFiles?.[0];
  if (output === undefined) throw new Error('The runtime bundle came out empty.');
  mkdirSync(cacheDir, { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, output.contents);
  renameSync(temporary, file);
  return file;
}

const sourceDigest = (): string => {
  const hash = createHash('sha256').update(JSON.stringify(runtimeBuildOptions));
  for (const folder of ['runtime', 'protocol']) {
    const files = readdirSync(path.join(source, folder), { recursive: true, encoding: 'utf8' });
    for (const name of files.filter((each) => each.endsWith('.ts') && !each.endsWith('.test.ts')).sort()) {
      hash
        .update(name)
        .update('\0')
        .update(readFileSync(path.join(source, folder, name)))
        .update('\0');
    }
  }
  return hash.digest('hex').slice(0, 16);
};
