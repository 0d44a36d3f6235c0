/** Another revision of this package, ready to run: its sources, with the benchmarks and the packages of the work tree. */
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from './folder.ts';
import { packageRoot } from './nano.ts';

/** @returns the folder of the revision; it goes when the benchmark ends */
export function checkout(ref: string): string {
  const root = folder();
  const archive = execFileSync('git', ['archive', ref], { cwd: packageRoot, maxBuffer: 2 ** 30 });
  execFileSync('tar', ['x', '-C', root], { input: archive });
  cpSync(join(packageRoot, 'bench'), join(root, 'bench'), { recursive: true });
  // A copy, not a link: an engine may read nothing outside its package.
  execFileSync('cp', ['-a', join(packageRoot, 'node_modules'), root]);
  return root;
}
