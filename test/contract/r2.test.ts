import { join } from 'node:path';
import { contract } from './harness.ts';

await contract({ name: 'R2', dir: join(import.meta.dirname, 'r2'), miniflare: { r2Buckets: { R2: 'contract' } } });
