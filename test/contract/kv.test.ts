import { join } from 'node:path';
import { contract } from './harness.ts';

await contract({
  name: 'KV',
  dir: join(import.meta.dirname, 'kv'),
  miniflare: { kvNamespaces: ['KV'] },
  differences: {
    'several keys: keys that look like numbers': {
      reason: 'workerd skips keys that look like array indices when it makes the map: their values would be lost',
      nano: [
        ['7', 'seven'],
        ['missing', null],
      ],
    },
    'several keys: empty values with metadata': {
      reason: 'Miniflare forgets the metadata of values that are falsy',
      nano: [['several empty', { value: '', metadata: 1 }]],
    },
    'list: a prefix with NUL': { reason: 'SQL functions of Miniflare stop at NUL', nano: [{ name: 'with \0 nul' }] },
  },
});
