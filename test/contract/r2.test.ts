import { join } from 'node:path';
import { contract } from './harness.ts';

const MD5 = '6Z+00jTp9DFT5j+l/q0WFA==';
const MISSING = (method: string): string =>
  `Error: ${method}: This object is encrypted with a customer's key (ssecKey), which is not kept here: it can be read, and be given parts, with that key alone. (10029)`;
const WRONG = (method: string): string => `Error: ${method}: The customer's key (ssecKey) is not the one that this object is encrypted with. (10003)`;
const NOT_ENCRYPTED = "Error: get: This object is not encrypted with a customer's key, but one was given (ssecKey). (10029)";

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
    'ssecKey: what is to be seen of an object, and who may read it': {
      reason: 'Miniflare takes keys, but stores and gives all objects in the clear.',
      nano: [MD5, MD5, [MD5], null, [MISSING('get'), WRONG('get'), NOT_ENCRYPTED, MISSING('uploadPart'), WRONG('uploadPart')]],
    },
    'delete: more than a thousand': {
      reason: "Miniflare does not keep Cloudflare's limit of 1000 keys for each call.",
      nano: 'Error: delete: No more than 1000 keys can be deleted at once. (10029)',
    },
  },
});
