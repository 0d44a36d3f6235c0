import { join } from 'node:path';
import { contract } from './harness.ts';

await contract({ name: 'KV', dir: join(import.meta.dirname, 'kv'), miniflare: { kvNamespaces: ['KV'] } });
