import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrustConfig, TrustGroup } from '../config/server-config.ts';
import { blamable, groupOf } from './trust.ts';

const listed = (apps?: string[]): TrustGroup => ({ apps, engines: undefined, spare: undefined });
const open: TrustConfig = { groups: {}, cordon: false };

test('groupOf: an app is where it wants to be, where the operator says nothing', () => {
  assert.deepEqual([groupOf('a', undefined, open), groupOf('a', 'mine', open)], ['default', 'mine']);
});

test('groupOf: what the operator says wins', () => {
  const policy = { groups: { shop: listed(['a']) }, cordon: false };
  assert.deepEqual([groupOf('a', undefined, policy), groupOf('a', 'mine', policy), groupOf('b', 'mine', policy)], ['shop', 'shop', 'mine']);
});

test('groupOf: nobody gets into a group by naming it whose apps are listed', () => {
  const policy = { groups: { shop: listed(['a']), default: listed(['c']), free: listed() }, cordon: false };
  assert.deepEqual([groupOf('b', 'shop', policy), groupOf('b', undefined, policy), groupOf('b', 'free', policy)], ['untrusted', 'untrusted', 'free']);
  assert.equal(groupOf('b', 'constructor', policy), 'constructor');
});

test('groupOf: behind a cordon is who is not listed', () => {
  const policy = { groups: { shop: listed(['a']), free: listed() }, cordon: true };
  assert.deepEqual([groupOf('a', undefined, policy), groupOf('b', 'free', policy), groupOf('c', undefined, policy)], ['shop', 'untrusted', 'untrusted']);
});

test('blamable: an engine names apps of its own group, and others in vain', () => {
  const table = [
    { name: 'a', group: 'one' },
    { name: 'b', group: 'two' },
  ];
  assert.deepEqual(blamable('two', ['a', 'b', 'c', ''], table), ['b']);
  assert.deepEqual(blamable('default', ['a', 'b'], table.slice(0, 1)), ['a'], 'with one group it is everybody');
});
