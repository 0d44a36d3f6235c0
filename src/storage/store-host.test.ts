import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { OpError } from '../base/op-error.ts';
import { makeBadge } from './badge.ts';
import { Gate } from './gate.ts';
import { placeOf } from './paths.ts';
import type { StoreProduct } from './product.ts';
import { StoreClient } from './store-client.ts';
import { StoreHost } from './store-host.ts';
import { StoreServer } from './store-server.ts';

const counters: StoreProduct = {
  name: 'counters',
  migrations: ['CREATE TABLE counts (name TEXT PRIMARY KEY, count INTEGER NOT NULL)'],
  writes: ['add', 'addThenFail'],
  open: ({ db, notify }) => {
    let attempts = 0;
    const add = (name: string): number => {
      db.run('INSERT INTO counts VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET count = count + 1', name);
      const count = Number(db.get('SELECT count FROM counts WHERE name = ?', name)?.['count']);
      if (count === 3) notify('three', name);
      return count;
    };
    return {
      methods: {
        add,
        addThenFail: (name: string) => {
          add(name);
          throw new OpError('TypeError', 'no more');
        },
        get: (name: string) => db.get('SELECT count FROM counts WHERE name = ?', name)?.['count'] ?? null,
        getLocked: () => {
          attempts++;
          throw Object.assign(new Error('database is locked'), { errcode: 5 });
        },
        attempts: () => attempts,
        waits: () => db.get('PRAGMA busy_timeout')?.['timeout'],
      },
    };
  },
};

const address = { product: 'counters', group: 'default', id: 'Some Id' };

async function setUp(t: TestContext): Promise<{ host: StoreHost; root: string; troubles: string[]; notices: unknown[] }> {
  const root = await mkdtemp(join(tmpdir(), 'nano-test-'));
  const troubles: string[] = [];
  const notices: unknown[] = [];
  const host = new StoreHost({
    root,
    fsync: 'normal',
    products: [counters],
    onTrouble: (message) => troubles.push(message),
    onNotify: (_address, topic, detail) => notices.push([topic, detail]),
  });
  t.after(async () => {
    host.close();
    await rm(root, { recursive: true, force: true });
  });
  return { host, root, troubles, notices };
}

test('call: answers come in order, and tell what was written', async (t) => {
  const { host, notices } = await setUp(t);
  const answers = await Promise.all(['a', 'a', 'b', 'a'].map((name) => host.call(address, 'add', [name])));
  assert.deepEqual(answers, [1, 2, 1, 3]);
  assert.deepEqual(notices, [['three', 'a']]);
});

test('call: a refused write leaves nothing, its neighbours of the same commit stay', async (t) => {
  const { host } = await setUp(t);
  const [, refused, last] = await Promise.allSettled([
    host.call(address, 'add', ['a']),
    host.call(address, 'addThenFail', ['a']),
    host.call(address, 'add', ['a']),
  ]);
  assert.equal(refused.status === 'rejected' && (refused.reason as Error).message, 'no more');
  assert.deepEqual(last, { status: 'fulfilled', value: 2 });
  await assert.rejects(host.call(address, 'addThenFail', ['alone']), { name: 'TypeError', message: 'no more' });
  assert.equal(await host.call(address, 'get', ['alone']), null);
});

test('call: groups and ids are apart', async (t) => {
  const { host } = await setUp(t);
  await host.call(address, 'add', ['a']);
  assert.equal(await host.call({ ...address, group: 'other' }, 'get', ['a']), null);
  assert.equal(await host.call({ ...address, id: 'some id' }, 'get', ['a']), null);
});

test('call: a damaged database is set aside and takes no other with it', async (t) => {
  const { host, root, troubles } = await setUp(t);
  const { file } = placeOf(root, address);
  await mkdir(join(file, '..'), { recursive: true });
  writeFileSync(file, 'this is no database, but it is long enough to be looked at as if it were one'.repeat(50));
  const other = { ...address, id: 'other' };
  const [damaged, fine] = await Promise.allSettled([host.call(address, 'add', ['a']), host.call(other, 'add', ['a'])]);
  assert.match(String(damaged.status === 'rejected' && damaged.reason), /is damaged/);
  assert.deepEqual(fine, { status: 'fulfilled', value: 1 });
  assert.equal(await host.call(address, 'add', ['a']), 1);
  assert.ok(readdirSync(join(file, '..')).some((name) => name.includes('.damaged-')));
  assert.ok(troubles.some((message) => message.includes('set aside')));
});

test('client: calls cross the socket, and wait for a server that comes back', async (t) => {
  const { host, root } = await setUp(t);
  const path = join(root, 'socket');
  const first = new StoreServer(host, operatorsGate());
  await first.listen(path);
  const client = new StoreClient({ socket: path, badge: makeBadge('key', { kind: 'operator' }) });
  t.after(() => client.close());
  assert.deepEqual(await Promise.all([client.call(address, 'add', ['a']), client.call(address, 'add', ['a'])]), [1, 2]);
  await assert.rejects(client.call(address, 'addThenFail', ['a']), { name: 'TypeError', message: 'no more' });
  await assert.rejects(client.call(address, 'unknown', []), { message: /Internal error/ });
  first.close();
  await rm(path, { force: true });
  const second = new StoreServer(host, operatorsGate());
  const [answer] = await Promise.all([eventually(() => client.call(address, 'get', ['a'])), second.listen(path)]);
  t.after(() => second.close());
  assert.equal(answer, 2);
});

const operatorsGate = (): Gate => new Gate({ key: 'key', grants: { groups: [], first: undefined }, onTrouble: () => {} });

/** What was under way when the server went is lost; the next one is not. */
async function eventually(call: () => Promise<unknown>): Promise<unknown> {
  return call().catch(call);
}

test('call: what methods gather is written before any other method, in the same commit or not at all', async (t) => {
  const { root, troubles } = await setUp(t);
  let noted: string[] = [];
  const notes: StoreProduct = {
    name: 'notes',
    migrations: ["CREATE TABLE notes (text TEXT NOT NULL CHECK (text <> 'bad'))"],
    writes: ['note', 'refuse'],
    gathers: ['note'],
    open: ({ db }) => ({
      methods: {
        note: (text: string) => {
          if (text === 'refused') throw new OpError('Error', 'refused');
          noted.push(text);
          return text;
        },
        refuse: () => {
          db.run('DELETE FROM notes');
          throw new OpError('Error', 'no');
        },
        all: () => db.all('SELECT text FROM notes').map(({ text }) => text),
      },
      flush: () => {
        for (const text of noted) db.run('INSERT INTO notes VALUES (?)', text);
        noted = [];
      },
      undone: () => {
        noted = [];
      },
    }),
  };
  const host = new StoreHost({ root, fsync: 'normal', products: [notes], onTrouble: (message) => troubles.push(message) });
  t.after(() => host.close());
  const call = (method: string, ...args: unknown[]): Promise<unknown> => host.call({ ...address, product: 'notes' }, method, args);
  const outcomes = await Promise.allSettled([call('note', 'a'), call('note', 'refused'), call('refuse'), call('all'), call('note', 'b')]);
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : String(outcome.reason))),
    ['a', 'Error: refused', 'Error: no', ['a'], 'b'],
  );
  const failed = await Promise.allSettled([call('note', 'c'), call('note', 'bad'), call('note', 'd')]);
  assert.deepEqual(
    failed.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
  await call('note', 'e');
  assert.deepEqual(await call('all'), ['a', 'b', 'e']);
});

test('lock: of another process is waited for once, and fails the calls to that store alone', async (t) => {
  const { host, root } = await setUp(t);
  const [second, foreign] = [
    { ...address, id: 'second' },
    { ...address, group: 'foreign' },
  ];
  for (const one of [address, second, foreign]) {
    await host.call(one, 'add', ['a']);
    assert.equal(await host.call(one, 'waits', []), 250);
  }
  const lock = new DatabaseSync(placeOf(root, address).file);
  t.after(() => lock.close());
  lock.exec('BEGIN IMMEDIATE');
  await assert.rejects(host.call(address, 'add', ['a']), /cannot be used at the moment/);
  // None of the group's is waited for now; what is not locked goes on.
  for (const one of [address, second]) assert.equal(await host.call(one, 'waits', []), 0);
  await assert.rejects(host.call(address, 'add', ['a']), /cannot be used at the moment/);
  assert.equal(await host.call(second, 'add', ['a']), 2);
  assert.equal(await host.call({ ...address, id: 'new' }, 'waits', []), 0);
  assert.equal(await host.call(foreign, 'add', ['a']), 2);
  assert.equal(await host.call(foreign, 'waits', []), 250);
  lock.exec('ROLLBACK');
  assert.equal(await host.call(address, 'add', ['a']), 2);
});

test('lock: one that keeps readers out is waited for by the first of them', async (t) => {
  const { host, troubles } = await setUp(t);
  const reads = await Promise.allSettled(Array.from({ length: 20 }, () => host.call(address, 'getLocked', [])));
  assert.deepEqual(
    reads.map(({ status }) => status),
    reads.map(() => 'rejected'),
  );
  assert.equal(await host.call(address, 'attempts', []), 1);
  assert.equal(await host.call(address, 'waits', []), 0);
  assert.equal(troubles.length, 1);
});

test('open: of more databases than are kept open, those of the group that has most of them are closed', async (t) => {
  const { host } = await setUp(t);
  const own = { ...address, group: 'small' };
  await assert.rejects(host.call(own, 'getLocked', []));
  for (let count = 0; count < 250; count++) await host.call({ ...address, id: `store ${count}` }, 'get', ['a']);
  // It has forgotten nothing: it was never closed.
  assert.equal(await host.call(own, 'attempts', []), 1);
});
