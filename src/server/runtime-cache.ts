/** Where a source tree keeps the runtime it has bundled. A packaged NANO brings its own and keeps nothing. */
import { join } from 'node:path';
import { packageDir } from './engine-launch.ts';

export function runtimeCacheDir(): string {
  return join(packageDir(), 'node_modules', '.cache', 'nano');
}
