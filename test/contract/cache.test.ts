import { join } from 'node:path';
import { contract } from './harness.ts';

const WHOLE = [200, 'OK', null, '10', '0123456789'];
const RANGES = 'what is no range of bytes, and more than one range, is ignored, as RFC 9110 allows';

await contract({
  name: 'Cache API',
  dir: join(import.meta.dirname, 'cache'),
  miniflare: {},
  differences: {
    'put: without Cache-Control': {
      reason: 'Cloudflare documents how long it keeps what says nothing about it; Miniflare does not keep it',
      nano: { 200: [200, null, null], 404: [404, null, null], 501: null },
    },
    'put: private=Set-Cookie keeps all but the cookie': {
      reason: 'Miniflare leaves the comma behind',
      nano: { one: [200, 'max-age=100', null] },
    },
    'put: directives in upper case': {
      reason: 'the names of directives are compared without case (RFC 9111, 5.2)',
      nano: { one: [200, 'MAX-AGE=100', null] },
    },
    'put: stale-while-revalidate': {
      reason: 'Cloudflare documents that put and match do not support it; Miniflare counts it as lifetime',
      nano: { one: null },
    },
    'match: one range': {
      reason: 'more bytes from the end than there are is the whole as a range (RFC 9110, 14.1.2)',
      nano: [
        [206, 'Partial Content', 'bytes 2-4/10', '3', '234'],
        [206, 'Partial Content', 'bytes 8-9/10', '2', '89'],
        [206, 'Partial Content', 'bytes 7-9/10', '3', '789'],
        [206, 'Partial Content', 'bytes 0-0/10', '1', '0'],
        [206, 'Partial Content', 'bytes 5-9/10', '5', '56789'],
        [416, 'Range Not Satisfiable', 'bytes */10', null, ''],
        [206, 'Partial Content', 'bytes 1-2/10', '2', '12'],
        [206, 'Partial Content', 'bytes 0-9/10', '10', '0123456789'],
      ],
    },
    'match: ranges that are none': { reason: RANGES, nano: [WHOLE, WHOLE, WHOLE, WHOLE] },
    'match: several ranges': { reason: RANGES, nano: [200, true] },
  },
});
