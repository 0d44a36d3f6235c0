import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHeaders } from './headers-file.ts';
import { parseRedirects } from './redirects-file.ts';

test('_headers: rules, with values joined and names removed', () => {
  const { rules, invalid } = parseHeaders('/a\n  X: 1\n  x: 2:3\n  ! Y\n# comment\nhttps://e.com/*\n  Z: 4\n');
  assert.deepEqual(invalid, []);
  assert.deepEqual(rules, [
    { path: '/a', set: [['x', '1, 2:3']], unset: ['Y'] },
    { path: 'https://e.com/*', set: [['z', '4']], unset: [] },
  ]);
});

test('_headers: what is no rule is told in Cloudflare’s words', () => {
  const told = (text: string): string[] => parseHeaders(text).invalid.map(({ message }) => message);
  assert.deepEqual(told('X: 1'), ['Path should come before header (x: 1)']);
  assert.deepEqual(told('nothing'), ['Expected a path beginning with at least one forward-slash']);
  assert.deepEqual(told('/a\n  nothing\n  a b: c\n  : c\n  d:\n  X: 1'), [
    'Expected a colon-separated header pair (e.g. name: value)',
    'Header name cannot include spaces',
    'No header name specified',
    'No header value specified',
  ]);
  assert.deepEqual(told('/a\n/b\n  X: 1'), ['No headers specified']);
  assert.deepEqual(told('/*/*\n  X: 1'), ['Only one wildcard is allowed per rule. Use a named placeholder (e.g. :project) instead. Skipping /*/*.']);
  assert.deepEqual(told('https://a:80/\n  X: 1'), ['Specifying ports is not supported. Skipping absolute URL https://a:80/.']);
  assert.deepEqual(told(`/a\n  X: ${'1'.repeat(2000)}`), ['Ignoring line 2 as it exceeds the maximum allowed length of 2000.', 'No headers specified']);
  assert.match(String(told('/a\n  X\u0001: 1\n  Y: 2')[0]), /not a header that HTTP allows/);
  const many = Array.from({ length: 120 }, (_, i) => `/${i}\n  X: 1`).join('\n');
  assert.match(String(told(many)[0]), /^Maximum number of rules supported is 100\. Skipping remaining \d+ lines of file\.$/);
});

test('_redirects: static rules until the first pattern, then in their order', () => {
  const { redirects } = parseRedirects('/a /b\n/c/* /d/:splat 301\n/e https://x.com/?y#z 308 # why', 'auto-trailing-slash');
  assert.deepEqual(redirects.static, [{ from: '/a', to: '/b', status: 302 }]);
  assert.deepEqual(redirects.dynamic, [
    { from: '/c/*', to: '/d/:splat', status: 301 },
    { from: '/e', to: 'https://x.com/?y#z', status: 308 },
  ]);
});

test('_redirects: what is no rule is told in Cloudflare’s words', () => {
  const told = (text: string, html: 'none' | 'auto-trailing-slash' = 'auto-trailing-slash'): string[] =>
    parseRedirects(text, html).invalid.map(({ message }) => message);
  assert.deepEqual(told('/a\n/a b c d'), [
    'Expected exactly 2 or 3 whitespace-separated tokens. Got 1.',
    'Expected exactly 2 or 3 whitespace-separated tokens. Got 4.',
  ]);
  assert.deepEqual(told('/a /b 404'), ['Valid status codes are 200, 301, 302 (default), 303, 307, or 308. Got 404.']);
  assert.deepEqual(told('https://x/ /b'), ['Only relative URLs are allowed. Skipping absolute URL https://x/.']);
  assert.deepEqual(told('/a http://x/'), ['URLs should either be relative (e.g. begin with a forward-slash), or use HTTPS (e.g. begin with "https://").']);
  assert.deepEqual(told('/a /b\n/a /c'), ['Ignoring duplicate rule for path /a.']);
  assert.deepEqual(told('/a https://x/ 200'), ['Proxy (200) redirects can only point to relative paths. Got https://x/']);
  assert.match(String(told('/* /index.html 200')[0]), /^Infinite loop detected in this rule and has been ignored\./);
  assert.deepEqual(told('/ /index', 'none'), []);
  const many = (line: (i: number) => string, count: number): string => Array.from({ length: count }, (_, i) => line(i)).join('\n');
  assert.deepEqual(told(many((i) => `/${i} /b`, 2001)), ['Maximum number of static rules supported is 2000. Skipping line.']);
  assert.deepEqual(told(many((i) => `/${i}/* /b`, 102)), ['Maximum number of dynamic rules supported is 100. Skipping remaining 2 lines of file.']);
});
