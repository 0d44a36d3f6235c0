import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeBadge } from './badge.ts';
import { Gate } from './gate.ts';

const address = { product: 'kv', group: 'shop', id: 'carts' };
const grants = {
  groups: [
    { group: 'shop', apps: ['cart'], stores: [['kv', 'carts']] as const },
    { group: 'guests', apps: ['page'], stores: [['kv', 'notes']] as const },
  ],
  first: 'shop',
};

function setUp(): { gate: Gate; reports: string[]; wait(ms: number): void } {
  const reports: string[] = [];
  let now = 0;
  const gate = new Gate({ key: 'key', grants, onTrouble: (message, fields) => reports.push(`${message} ${JSON.stringify(fields)}`), now: () => now });
  return {
    gate,
    reports,
    wait: (ms) => {
      now += ms;
    },
  };
}

const engineOf = (gate: Gate, group: string | undefined) => gate.admit(makeBadge('key', { kind: 'engine', group }));

test('gate: an engine gets at the stores of its own group alone', () => {
  const { gate, reports } = setUp();
  const guest = engineOf(gate, 'guests');
  assert.equal(guest?.allows({ product: 'kv', group: 'guests', id: 'notes' }), true);
  assert.deepEqual(reports, []);
  for (const foreign of [
    address,
    { product: 'kv', group: 'guests', id: 'carts' },
    { product: 'r2', group: 'guests', id: 'notes' },
    { product: 'kv\nnotes', group: 'guests', id: '' },
    { product: 'kv', group: 'guests', id: ['notes'] },
    { product: 'kv', group: { toString: () => 'guests' }, id: 'notes' },
    undefined,
    null,
    'kv',
  ])
    assert.equal(guest?.allows(foreign), false, JSON.stringify(foreign));
  assert.match(reports[0] ?? '', /"engineOf":"guests","product":"kv","group":"shop","id":"carts"/);
});

test('gate: an engine acts for apps of its own group alone', () => {
  const { gate } = setUp();
  const guest = engineOf(gate, 'guests');
  assert.equal(guest?.runs('page'), true);
  assert.equal(guest?.runs('cart'), false);
});

test('gate: nobody gets in without a badge made with the key', () => {
  const { gate } = setUp();
  const good = makeBadge('key', { kind: 'engine', group: 'guests' });
  const [mac] = good.split(' ');
  for (const badge of [
    undefined,
    '',
    ' ',
    'x',
    7,
    good.slice(1),
    `${mac} ["engine","shop"]`,
    `${mac} ["operator"]`,
    ` ["operator"]`,
    makeBadge('other', { kind: 'operator' }),
  ])
    assert.equal(gate.admit(badge), undefined, String(badge));
});

test('gate: the supervisor gets at everything', () => {
  const { gate } = setUp();
  const operator = gate.admit(makeBadge('key', { kind: 'operator' }));
  assert.equal(operator?.allows({ product: 'r2', group: 'any', id: 'bucket' }), true);
  assert.equal(operator?.runs('any'), true);
});

test('gate: new grants hold for those who are in', () => {
  const { gate } = setUp();
  const guest = engineOf(gate, 'guests');
  gate.setGrants({ groups: [{ group: 'guests', apps: [], stores: [['kv', 'other']] }], first: undefined });
  assert.equal(guest?.allows({ product: 'kv', group: 'guests', id: 'notes' }), false);
  assert.equal(guest?.allows({ product: 'kv', group: 'guests', id: 'other' }), true);
});

test('gate: an engine from before there were apps is of the first group', () => {
  const { gate } = setUp();
  const early = engineOf(gate, undefined);
  assert.equal(early?.allows(address), true);
  assert.equal(early?.allows({ product: 'kv', group: 'guests', id: 'notes' }), false);
});

test('gate: a flood of refusals is counted, not told', () => {
  const { gate, reports, wait } = setUp();
  const guest = engineOf(gate, 'guests');
  for (let at = 0; at < 1000; at++) guest?.allows(address);
  assert.equal(reports.length, 10);
  wait(61_000);
  guest?.allows({ product: 'kv', group: 'shop', id: 'x'.repeat(10_000) });
  assert.equal(reports.length, 11);
  assert.match(reports[10] ?? '', /"untold":990/);
  assert.ok((reports[10] ?? '').length < 1000);
});
