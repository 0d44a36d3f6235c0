/** The version of this package. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageDir } from './engine-launch.ts';

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageDir(), 'package.json'), 'utf8')) as { version?: unknown };
  return typeof version === 'string' ? version : 'unknown';
}
