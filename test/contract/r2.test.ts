import { join } from 'node:path';
import { contract } from './harness.ts';

await contract({
  name: 'R2',
  dir: join(import.meta.dirname, 'r2'),
  miniflare: { r2Buckets: { R2: 'contract' } },
  differences: {
    'list: metadata that was not asked for': {
      reason: 'Miniflare answers with empty objects; Cloudflare leaves both out, which is what the error of writeHttpMetadata is for.',
      nano: [null, null],
    },
    'put: storageClass': { reason: 'Miniflare knows no storage classes.', nano: ['InfrequentAccess', 'Standard'] },
    'put: a key of the customer': {
      reason: 'Miniflare takes the key and stores the object in clear text without a word.',
      nano: 'Error: Encryption with a key of your own (ssecKey) is not supported by this server.',
    },
    'delete: more than a thousand': {
      reason: "Miniflare does not keep Cloudflare's limit of 1000 keys for each call.",
      nano: 'Error: delete: No more than 1000 keys can be deleted at once. (10029)',
    },
  },
});
