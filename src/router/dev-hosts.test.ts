import assert from 'node:assert/strict';
import { test } from 'node:test';
import { devHosts } from './dev-hosts.ts';

test('devHosts: this machine, addresses and what the app or the developer names, and no name of a stranger', () => {
  const routes = ['shop.example/api/*', '*.example.org/*', '*example.net/*', '*/*', 'a b'].map((pattern) => ({ pattern }));
  const isMine = devHosts({ name: 'app', hosts: ['tunnel.example'], routes });
  const mine = [
    'localhost',
    'app.localhost',
    '127.0.0.1',
    '10.0.0.1',
    '[::1]',
    'tunnel.example',
    'shop.example',
    'a.example.org',
    'example.net',
    'a.example.net',
  ];
  for (const host of mine) assert.equal(isMine(host), true, host);
  const strangers = [
    'evil.example',
    'localhost.evil.example',
    'notlocalhost',
    '127.0.0.1.evil.example',
    'a.shop.example',
    'example.org',
    'notexample.net',
    'a.tunnel.example',
    '1.2.3',
  ];
  for (const host of strangers) assert.equal(isMine(host), false, host);
});
