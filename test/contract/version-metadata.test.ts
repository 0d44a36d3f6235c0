import { join } from 'node:path';
import { contract } from './harness.ts';

await contract({ name: 'version metadata', dir: join(import.meta.dirname, 'version-metadata'), miniflare: { versionMetadata: 'VERSION' } });
