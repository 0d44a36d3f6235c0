import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyOf } from './policy.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const seconds = (headers: string, status = 200, request = ''): number | undefined => policyOf(request, status, headers, NOW)?.seconds || undefined;

test('policy: how long, by s-maxage, max-age, Expires, or the status', () => {
  assert.equal(seconds('cache-control\nmax-age=10, s-maxage=20'), 20);
  assert.equal(seconds('cache-control\nmax-age=10'), 10);
  assert.equal(seconds('cache-control\nmax-age=10\nage\n4'), 6);
  assert.equal(seconds('cache-control\nmax-age=10\nage\n10'), undefined);
  assert.equal(seconds('expires\nThu, 01 Jan 2026 00:00:30 GMT'), 30);
  assert.equal(seconds('cache-control\nmax-age=10\nexpires\nThu, 01 Jan 2026 00:00:30 GMT'), 10);
  assert.deepEqual(
    [200, 301, 302, 303, 404, 410, 307, 501].map((status) => seconds('', status)),
    [7200, 7200, 1200, 1200, 180, 180, undefined, undefined],
  );
  assert.equal(seconds('cache-control\npublic'), 7200);
  assert.equal(seconds(`cache-control\nmax-age=${'9'.repeat(12)}`), 365 * 24 * 60 * 60);
});

test('policy: not at all', () => {
  for (const headers of [
    'cache-control\nno-store',
    'cache-control\nmax-age=10, NO-CACHE',
    'cache-control\nprivate, max-age=10',
    'cache-control\nmax-age=-1',
    'cache-control\nmax-age=x',
    'cache-control\nmax-age=10\nset-cookie\na=1',
    'expires\n0',
    'pragma\nno-cache',
  ])
    assert.equal(seconds(headers), undefined, headers);
  assert.equal(seconds('cache-control\nmax-age=10', 500), undefined);
  assert.equal(seconds('cache-control\nmax-age=10', 200, 'authorization\nx'), undefined);
  assert.equal(seconds('cache-control\npublic, max-age=10', 200, 'authorization\nx'), 10);
});

test('policy: keeps headers but those of the connection, of its own, and a cookie that is given up', () => {
  const kept = policyOf(
    '',
    200,
    'x-a\n1\nconnection\nclose\nage\n0\ndate\nx\ncontent-length\n5\nset-cookie\na=1\ncache-control\npublic, private="Set-Cookie", max-age=10',
    NOW,
  );
  assert.equal(kept?.headers, 'x-a\n1\ncache-control\npublic, max-age=10');
});
