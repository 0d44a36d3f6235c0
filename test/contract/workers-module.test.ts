import { join } from 'node:path';
import { contract } from './harness.ts';

await contract({
  name: 'cloudflare:workers',
  dir: join(import.meta.dirname, 'workers-module'),
  miniflare: { compatibilityDate: '2026-01-20', bindings: { FOO: 'bar', LIST: [1, 2] } },
  differences: {
    'withEnv: nothing': { reason: 'to workerd of this version it is no env; to later ones it is an empty one', nano: [[null, [], 'object'], null] },
  },
});
