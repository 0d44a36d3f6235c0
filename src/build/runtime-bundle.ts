/**
 * The in-isolate runtime as one file: the JSON text of its scripts (see runtime-scripts.ts).
 *
 * A packaged NANO ships it ready made beside its code, as `runtime.json`. From a source tree it is
 * bundled on demand and kept in a cache folder, named after the digest of what it was made from, so
 * that only a change of the runtime costs a build.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildRuntimeScripts, runtimeBuildOptions } from './runtime-scripts.ts';

const source = fileURLToPath(new URL('../', import.meta.url));
const packaged = fileURLToPath(new URL('../runtime.json', import.meta.url));

/**
 * The path of the runtime's file.
 * @param cacheDir where a source tree's build is kept; made if it is not there
 */
export async function runtimeFile(cacheDir: string): Promise<string> {
  if (existsSync(packaged)) return packaged;
  const file = path.join(cacheDir, `runtime-${sourceDigest()}.json`);
  if (existsSync(file)) return file;
  mkdirSync(cacheDir, { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeRuntime(temporary);
  renameSync(temporary, file);
  return file;
}

/** Builds the runtime into a file. tools/build-package.ts makes dist/runtime.json with it. */
export async function writeRuntime(file: string): Promise<void> {
  writeFileSync(file, JSON.stringify(await buildRuntimeScripts()));
}

const sourceDigest = (): string => {
  const hash = createHash('sha256').update(JSON.stringify(runtimeBuildOptions));
  for (const name of ['runtime-scripts.ts', 'runtime-primordials.ts']) hash.update(readFileSync(path.join(source, 'build', name)));
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
