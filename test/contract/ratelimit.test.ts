import { join } from 'node:path';
import { contract } from './harness.ts';

await contract({
  name: 'rate limits',
  dir: join(import.meta.dirname, 'ratelimit'),
  miniflare: { ratelimits: { LIMIT: { simple: { limit: 3, period: 60 } }, BRIEF: { simple: { limit: 2, period: 10 } } } },
});
