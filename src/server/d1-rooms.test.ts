import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Accounts } from '../storage/accounts.ts';
import { openRooms } from './d1-rooms.ts';

const MB = 1024 * 1024;
const database = (id: string): { product: string; group: string; id: string } => ({ product: 'd1', group: 'default', id });
const key = (id: string): string => JSON.stringify(['default', id]);

function setUp(ids: readonly string[], limit: number): { accounts: Accounts; rooms: ReturnType<typeof openRooms> } {
  const accounts = new Accounts();
  accounts.set([{ app: 'app', limit, elsewhere: 0, stores: ids.map(database) }]);
  return { accounts, rooms: openRooms(accounts) };
}

test('begin: the only database of an app gets all that is left', () => {
  const { accounts, rooms } = setUp(['a'], 64 * MB);
  accounts.charge(database('a'), 0);
  assert.deepEqual(rooms.begin(key('a')), { most: 64 * MB, known: 0 });
});

test('begin: databases at work at the same time cannot go over the quota together', () => {
  const ids = ['a', 'b', 'c', 'd'];
  const { accounts, rooms } = setUp(ids, 64 * MB);
  accounts.charge(database('a'), 10 * MB);
  const most = ids.map((id) => rooms.begin(key(id)).most);
  assert.ok(most.every((bytes) => bytes > MB));
  assert.ok(most.reduce((sum, bytes) => sum + bytes, 0) <= 64 * MB);
  for (const id of ids) rooms.end(key(id));
  assert.equal(accounts.free(database('a')), 54 * MB);
});

test('begin: a database of an app that is over its quota keeps what it has', () => {
  const { accounts, rooms } = setUp(['a', 'b'], 10 * MB);
  accounts.charge(database('a'), 9 * MB);
  accounts.setElsewhere([['app', 5 * MB]]);
  assert.deepEqual(rooms.begin(key('a')), { most: 9 * MB, known: 9 * MB });
});

test('begin: the bound changes in steps while a database grows', () => {
  const { rooms } = setUp(['a', 'b'], 64 * MB);
  const seen = new Set<number>();
  for (let bytes = 0; bytes < 4 * MB; bytes += 4096) {
    seen.add(rooms.begin(key('a')).most);
    rooms.told(key('a'), bytes, 0);
    rooms.end(key('a'));
  }
  assert.ok(seen.size < 5, `${seen.size} bounds`);
});

test('begin: without an account there is no bound', () => {
  assert.equal(setUp([], 0).rooms.begin(key('a')).most, Number.POSITIVE_INFINITY);
});
