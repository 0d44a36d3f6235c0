import assert from 'node:assert/strict';
import test from 'node:test';
import { isEgressPattern } from './egress.ts';

test('isEgressPattern: takes hosts, wildcards, addresses and blocks', () => {
  for (const pattern of [
    'example.com',
    'example.com:443',
    '*.example.com',
    '*',
    '*:443',
    '10.1.2.3',
    '10.1.2.3:80',
    '10.0.0.0/8',
    '::1',
    '[::1]:80',
    'fc00::/7',
  ])
    assert.ok(isEgressPattern(pattern), pattern);
});

test('isEgressPattern: refuses everything else', () => {
  for (const pattern of ['', 'http://example.com', 'example.com/x', '10.0.0.0/33', '10.0.0.0/8/8', 'a*.com', '*example.com', 'example.com:99999', 'a b'])
    assert.ok(!isEgressPattern(pattern), pattern);
});
