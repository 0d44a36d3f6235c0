import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { DEFAULT_SERVER } from '../config/defaults.ts';
import { Peers } from './peer.ts';
import type { Forwarded } from './request-head.ts';

const from = (remoteAddress: string | undefined, forwarded?: Forwarded, trusted: readonly string[] = DEFAULT_SERVER.trustedProxies): Record<string, string> => {
  const { scheme, headers } = new Peers(trusted).originOf({ remoteAddress } as Socket, forwarded);
  const parts = headers.split('\n').slice(1);
  const read: Record<string, string> = { scheme };
  for (let i = 0; i < parts.length; i += 2) read[parts[i] as string] = parts[i + 1] as string;
  return read;
};
const told = (address: string, scheme = 'http'): Record<string, string> => ({
  scheme,
  'cf-connecting-ip': address,
  'x-real-ip': address,
  'x-forwarded-proto': scheme,
});

test('originOf: the address of the connection', () => {
  assert.deepEqual(from('203.0.113.1'), told('203.0.113.1'));
  assert.deepEqual(from('::ffff:203.0.113.1'), told('203.0.113.1'));
  assert.deepEqual(from('2001:db8::1'), told('2001:db8::1'));
  assert.deepEqual(from('fe80::1%eth0'), told('fe80::1'));
  assert.deepEqual(from(undefined), told('127.0.0.1'));
});

test('originOf: nobody outside is believed', () => {
  const lies = { cfConnectingIp: '1.1.1.1', realIp: '2.2.2.2', proto: 'https' };
  for (const address of ['203.0.113.1', '172.32.0.1', '2001:db8::1', '::ffff:203.0.113.1']) {
    assert.deepEqual(from(address, lies), told(address.replace('::ffff:', '')));
  }
  assert.deepEqual(from('203.0.113.1', { for: '1.1.1.1' }), { ...told('203.0.113.1'), 'x-forwarded-for': '1.1.1.1, 203.0.113.1' });
});

test('originOf: a proxy on this machine or in a private network is', () => {
  for (const address of ['127.0.0.1', '127.9.9.9', '10.1.2.3', '172.16.0.1', '192.168.1.1', '::1', 'fd00::1', '::ffff:10.0.0.1']) {
    assert.deepEqual(from(address, { cfConnectingIp: '203.0.113.9', proto: 'https' }), told('203.0.113.9', 'https'));
  }
});

test('originOf: only proxies that the operator names are believed', () => {
  const said = { cfConnectingIp: '203.0.113.9' };
  assert.deepEqual(from('10.1.2.3', said, []), told('10.1.2.3'));
  assert.deepEqual(from('198.51.100.7', said, ['198.51.100.0/24']), told('203.0.113.9'));
  assert.deepEqual(from('2001:db8::7', said, ['2001:db8::7']), told('203.0.113.9'));
});

test('originOf: the nearest proxy has the last word, and only with an address', () => {
  assert.deepEqual(from('::1', { for: '1.1.1.1, 203.0.113.9' }), { ...told('203.0.113.9'), 'x-forwarded-for': '1.1.1.1, 203.0.113.9' });
  assert.deepEqual(from('::1', { realIp: '203.0.113.9', for: '1.1.1.1' }), { ...told('203.0.113.9'), 'x-forwarded-for': '1.1.1.1' });
  assert.deepEqual(from('::1', { realIp: 'unknown', cfConnectingIp: '' }), told('::1'));
  assert.deepEqual(from('::1', { proto: 'http, HTTPS' }), told('::1', 'https'));
  assert.deepEqual(from('::1', { proto: 'gopher' }), told('::1'));
});
