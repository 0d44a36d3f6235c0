import assert from 'node:assert/strict';
import test from 'node:test';
import { normaliseHost } from './host.ts';

test('normaliseHost: makes hosts comparable', () => {
  const cases: [string, string][] = [
    ['example.com', 'example.com'],
    ['Hello.LocalHost:8080', 'hello.localhost'],
    ['example.com.', 'example.com'],
    ['example.com.:80', 'example.com'],
    ['example.com:', 'example.com'],
    ['my_app.localhost:0', 'my_app.localhost'],
    ['127.0.0.1:8080', '127.0.0.1'],
    ['[::1]:8080', '[::1]'],
    ['[2001:DB8:0:0:0:0:0:1]', '[2001:db8::1]'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ];
  for (const [raw, host] of cases) assert.equal(normaliseHost(raw), host, raw);
});

test('normaliseHost: whatever is not plainly one host is none', () => {
  const bad = [
    '',
    '.',
    ':80',
    'a..b',
    '.a',
    'a b',
    ' a',
    'a\t',
    'a,b',
    'a, b',
    'user@a',
    'a/b',
    'a\\b',
    'a?b',
    'a#b',
    'a%2eb',
    'bücher.de',
    'a\0',
    'a:80:80',
    'a:x',
    'a:-1',
    'a:65536',
    'a:123456',
    '::1',
    '[::1',
    '[::1]x',
    '[::1]:x',
    '[fe80::1%eth0]',
    '[1.2.3.4]',
    '[]',
    `${'a'.repeat(254)}`,
    '*',
    'http://a',
  ];
  for (const raw of bad) assert.equal(normaliseHost(raw), undefined, JSON.stringify(raw));
  assert.equal(normaliseHost(undefined), undefined);
});
