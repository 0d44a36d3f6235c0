import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressKey, type AddressKind, classifyAddress, inCidr, parseAddress, parseCidr } from './addresses.ts';

const KINDS: Record<AddressKind, string[]> = {
  public: [
    '1.1.1.1',
    '8.8.8.8',
    '172.15.255.255',
    '172.32.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '223.255.255.255',
    '2606:4700::1111',
    '2a00::1',
    '64:ff9b::8.8.8.8',
    '2002:808:808::1',
    '::ffff:8.8.8.8',
    '2001:0:808:808::f7f7:f7f7',
  ],
  loopback: [
    '127.0.0.1',
    '127.255.255.254',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:ffff:127.1.2.3',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '::ffff:0:127.0.0.1',
  ],
  unspecified: ['0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0'],
  private: [
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '100.127.255.255',
    'fc00::1',
    'fdff::1',
    'fec0::1',
    '::ffff:10.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::8.8.8.8',
    '2002:c0a8:101::1',
    '2001:0:808:808::f5ff:fffe',
    '2001:0:a00:1::f7f7:f7f7',
    '2606:4700::5efe:10.0.0.1',
    '2606:4700::200:5efe:192.168.0.1',
  ],
  'link-local': ['169.254.0.1', '169.254.255.255', 'fe80::1', 'febf::1', 'fe80::1%eth0', '::ffff:169.254.1.1'],
  metadata: [
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd00:ec2::254',
    'fd20:ce::254',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::',
  ],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1', '::ffff:224.0.0.1'],
  broadcast: ['255.255.255.255'],
  reserved: [
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '240.0.0.1',
    '2001:db8::1',
    '2001:2::1',
    '2001:20::1',
    '3fff::1',
    '100::1',
    '4000::1',
    '5f00::1',
    '1::1',
    'not an address',
    '',
  ],
};

for (const [kind, addresses] of Object.entries(KINDS)) {
  test(`classifyAddress: ${kind}`, () => {
    for (const address of addresses) assert.equal(classifyAddress(address), kind, address);
  });
}

test('parseAddress: reads every text form and nothing else', () => {
  assert.deepEqual([...(parseAddress('1.2.3.4') ?? [])], [1, 2, 3, 4]);
  assert.deepEqual([...(parseAddress('[2001:db8::1:0]') ?? [])], [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
  assert.deepEqual([...(parseAddress('1:2:3:4:5:6:7::') ?? [])], [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0]);
  for (const text of ['1.2.3', '01.2.3.4', '256.1.1.1', ':::', '1::2::3', 'localhost', '0x7f000001']) assert.equal(parseAddress(text), undefined, text);
});

test('parseCidr: blocks match on whole and broken bytes, within one family', () => {
  const inside = (address: string, block: string): boolean =>
    inCidr(parseAddress(address) ?? new Uint8Array(), parseCidr(block) ?? { bytes: new Uint8Array(), length: 0 });
  assert.ok(inside('10.1.2.3', '10.0.0.0/8'));
  assert.ok(inside('10.1.131.3', '10.1.128.0/17'));
  assert.ok(!inside('10.1.127.3', '10.1.128.0/17'));
  assert.ok(inside('1.2.3.4', '0.0.0.0/0'));
  assert.ok(inside('fe80::1', 'fe80::/10'));
  assert.ok(!inside('::ffff:10.0.0.1', '10.0.0.0/8'));
  for (const text of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '::/129', 'x/8', '10.0.0.0/8/8']) assert.equal(parseCidr(text), undefined, text);
});

test('addressKey: a mapped address is the same endpoint as its IPv4 form', () => {
  const key = (text: string): string => addressKey(parseAddress(text) ?? new Uint8Array());
  assert.equal(key('::ffff:1.2.3.4'), key('1.2.3.4'));
  assert.equal(key('2001:DB8::1'), key('2001:db8:0:0:0:0:0:1'));
  assert.notEqual(key('::1.2.3.4'), key('1.2.3.4'));
});
