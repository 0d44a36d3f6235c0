/** D1, on NANO and on Miniflare. */
import { join } from 'node:path';
import { contract } from './harness.ts';

const failure = (cause: string): unknown => ({ name: 'Error', message: `D1_ERROR: ${cause}`, cause });
const TOO_BIG = failure('string or blob too big: SQLITE_TOOBIG');

await contract({
  name: 'D1',
  dir: join(import.meta.dirname, 'd1'),
  miniflare: { d1Databases: { DB: 'contract' } },
  differences: {
    'values: lone surrogate': { reason: 'one replacement character for what is no character, as everywhere else in JavaScript', nano: [{ a: 'a\ufffdb' }] },
    'meta: rows read, where none is found': { reason: "SQLite as it is published counts steps of scans; Cloudflare's counts rows looked for, too", nano: 0 },
    'batch: deferred foreign keys': {
      reason: 'there is no Durable Object to be reset: the batch fails with the constraint, and is rolled back',
      nano: [{ value: 3 }, 'D1_ERROR: FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)', [{ p: 1 }]],
    },
    'limits: a larger value': { reason: 'Cloudflare documents 2 MB, which Miniflare does not keep', nano: TOO_BIG },
    'limits: a larger value that is made': { reason: 'Cloudflare documents 2 MB, which Miniflare does not keep', nano: TOO_BIG },
    'limits: depth of triggers': {
      reason: "the words of this SQLite's version",
      nano: failure('too many levels of trigger recursion: SQLITE_ERROR'),
    },
  },
});
