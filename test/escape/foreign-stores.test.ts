/** An engine that a tenant has taken over speaks to the store process by hand, for stores of another trust group. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { serialize } from 'node:v8';
import { makeBadge } from '../../src/storage/badge.ts';
import { frameOf } from '../../src/storage/frame-reader.ts';
import { FrameSender, receiveMessages } from '../../src/storage/frames.ts';
import { StoreClient } from '../../src/storage/store-client.ts';
import { systemClock } from '../../src/server/clock.ts';
import { StoreProcess } from '../../src/server/store-process.ts';
import { residentKb } from '../support/descriptors.ts';
import { folder } from '../support/folder.ts';
import { connected, someClosed } from '../support/sockets.ts';

const KEY = 'key of this run';
const shop = { product: 'kv', group: 'shop', id: 'carts' };
const guests = { product: 'kv', group: 'guests', id: 'notes' };

type World = {
  store: StoreProcess;
  reports: Record<string, unknown>[];
  line(group?: string): Promise<Socket>;
  ask(socket: Socket, frame: unknown): Promise<unknown>;
};

const send = (socket: Socket, message: unknown): void => new FrameSender(socket).send(message, () => {});

/** A frame of any bytes. */
function frame(body: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}

async function setUp(t: TestContext): Promise<World> {
  const reports: Record<string, unknown>[] = [];
  const isReady = Promise.withResolvers<void>();
  const store = new StoreProcess({
    program: 'store',
    dataDir: folder(),
    fsync: 'normal',
    key: KEY,
    clock: systemClock,
    onTrouble: (message, fields) => reports.push({ message, ...fields }),
    onNotify: () => {},
    onReady: isReady.resolve,
  });
  t.after(() => store.stop());
  await store.grant({
    groups: [
      { group: 'shop', apps: ['cart'], stores: [['kv', 'carts']] },
      { group: 'guests', apps: ['page'], stores: [['kv', 'notes']] },
    ],
    first: undefined,
  });
  store.start();
  await isReady.promise;
  const owner = new StoreClient({ socket: store.config.socket, badge: makeBadge(KEY, { kind: 'engine', group: 'shop' }) });
  t.after(() => owner.close());
  await owner.call(shop, 'put', ['card', '4111', null, 4, null, null]);
  const line = async (group?: string): Promise<Socket> => {
    const socket = await connected(t, store.config.socket);
    if (group !== undefined) socket.write(frameOf(makeBadge(KEY, { kind: 'engine', group })));
    return socket;
  };
  const ask = (socket: Socket, frame: unknown): Promise<unknown> =>
    new Promise((resolve) => {
      receiveMessages(socket, resolve);
      socket.once('close', () => resolve('closed'));
      send(socket, frame);
    });
  return { store, reports, line, ask };
}

test('stores: an engine reads, writes and lists nothing of another group', async (t) => {
  const { line, ask, reports } = await setUp(t);
  const own = await line('guests');
  assert.deepEqual(await ask(own, [1, guests, 'put', ['a', 'b', null, 1, null, null]]), [1, 1, null]);
  const attempts: [unknown, string, unknown[]][] = [
    [shop, 'get', ['card', 'text']],
    [shop, 'put', ['card', '0', null, 1, null, null]],
    [shop, 'list', ['', '', 1000]],
    [{ ...shop, group: 'guests' }, 'get', ['card', 'text']],
    [{ ...guests, id: 'other' }, 'put', ['a', 'b', null, 1, null, null]],
    [{ ...guests, id: '../../shop/kv/carts' }, 'get', ['card', 'text']],
    [{ ...guests, group: '../shop' }, 'get', ['card', 'text']],
    [{ ...guests, group: ['shop'], toString: 'guests' }, 'get', ['card', 'text']],
    [{ product: 'queues', group: 'shop', id: 'queues' }, 'metrics', ['jobs']],
    [{ product: 'cache', group: 'shop', id: 'cart' }, 'delete', ['default', 'key']],
  ];
  for (const [address, method, args] of attempts) {
    const answer = await ask(await line('guests'), [7, address, method, args]);
    assert.deepEqual(answer, [7, 0, 'Error', 'Internal error: this storage is not for this app.'], JSON.stringify([address, method]));
  }
  const [first] = reports;
  assert.equal(first?.['message'], 'an engine asked for a store that no app of its trust group is bound to: refused');
  assert.deepEqual([first?.['engineOf'], first?.['group'], first?.['id']], ['guests', 'shop', 'carts']);
  const owner = await line('shop');
  assert.equal(((await ask(owner, [1, shop, 'get', ['card', 'text']])) as [number, number, { value: string }])[2].value, '4111');
});

test('stores: without a badge, with a forged one, with what is no frame: the connection ends, the process goes on', async (t) => {
  const { line, ask, store } = await setUp(t);
  const { pid } = store;
  const forged = `${makeBadge('another key', { kind: 'operator' })}`;
  for (const hello of [[forged], [''], [null], [[]], {}, 'guests', 7, [makeBadge(KEY, { kind: 'engine', group: 'guests' }).replace('guests', 'shop')]])
    assert.equal(await ask(await line(), hello), 'closed', JSON.stringify(hello));
  for (const frame of [7, null, [], ['1', guests, 'get', []], [1, guests, 7, []], [1, guests, 'get', 'args']])
    assert.equal(await ask(await line('guests'), frame), 'closed', JSON.stringify(frame));
  for (const bytes of [
    Buffer.from([255, 255, 255, 255]),
    Buffer.from([4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
    Buffer.concat([Buffer.from([3, 0, 0, 0]), serialize({ a: 1 }).subarray(0, 3)]),
    ...[serialize({ a: 1 }), serialize(new Array(2 ** 32 - 1))].map(frame),
  ]) {
    const socket = await line('guests');
    socket.write(bytes);
    await new Promise((resolve) => socket.resume().once('close', resolve));
  }
  for (const args of [[], [{}], [null, null, null, null], [1.5, null, {}, [], '', {}], ['k', 'v', '../../../shop/kv/carts.sqlite', 1, null, null]]) {
    const [call] = (await ask(await line('guests'), [3, guests, 'put', args])) as [number];
    assert.equal(call, 3);
  }
  assert.equal(((await ask(await line('guests'), [1, guests, '__proto__', []])) as unknown[])[1], 0);
  assert.deepEqual(await ask(await line('guests'), [9, guests, 'delete', ['k']]), [9, 1, null]);
  assert.equal(((await ask(await line('shop'), [1, shop, 'get', ['card', 'text']])) as [number, number, { value: string }])[2].value, '4111');
  assert.equal(store.pid, pid);
});

test('stores: frames that V8 would make much of, or that nobody would come to the end of: the connection ends, others are answered', async (t) => {
  const { line, ask, store } = await setUp(t);
  const { pid } = store;
  const holes: string[] = ['key'];
  holes.length = 2 ** 32 - 1;
  let shared: unknown[] = [];
  for (let i = 0; i < 60; i++) shared = [shared, shared];
  const list = Buffer.of(0x41, 0xc0, 0x84, 0x3d);
  const head = serialize(null).subarray(0, 2);
  const bodies = [
    serialize([[1, guests, 'touch', [holes]]]),
    serialize([[1, guests, 'put', [shared]]]),
    serialize([[1, guests, 'put', [new Map([[1, 2]])]]]),
    // A list of a million, a thousand times over, each in the one before it.
    Buffer.concat([head, ...Array.from({ length: 1000 }, () => list), Buffer.alloc(2_000_000, 'T')]),
    Buffer.concat([head, Buffer.alloc(1_000_000, 'o')]),
  ];
  for (const body of bodies) {
    const socket = await line('guests');
    const isClosed = new Promise((resolve) => socket.resume().once('close', resolve));
    socket.write(frame(body));
    await isClosed;
    const owner = await line('shop');
    assert.equal(((await ask(owner, [1, shop, 'get', ['card', 'text']])) as [number, number, { value: string }])[2].value, '4111');
    owner.destroy();
  }
  const isRefused = await line('guests');
  isRefused.write(Buffer.of(0, 0, 0, 3));
  await new Promise((resolve) => isRefused.resume().once('close', resolve));
  assert.equal(store.pid, pid);
});

test('stores: answers that nobody takes do not pile up', { skip: process.platform !== 'linux' && 'it looks into /proc' }, async (t) => {
  const { line, ask, store } = await setUp(t);
  const calls = 15_000;
  const first = await line('guests');
  await ask(first, [0, guests, 'put', ['large', 'v'.repeat(60_000), null, 60_000, null, null]]);
  const greedy = await line('guests');
  const asking = new FrameSender(greedy);
  for (let call = 1; call <= calls; call++) asking.send([call, guests, 'get', ['large', 'text']], () => {});
  const owner = await line('shop');
  for (let i = 0; i < 50; i++) await ask(owner, [i, shop, 'get', ['card', 'text']]);
  assert.ok(residentKb(store.pid ?? 0) < 650_000, String(residentKb(store.pid ?? 0)));
  let answered = 0;
  await new Promise<void>((resolve) => {
    receiveMessages(greedy, () => {
      if (++answered === calls) resolve();
    });
  });
});

test('stores: connections without end keep nobody out', async (t) => {
  const { line, ask } = await setUp(t);
  const silent = await Promise.all(Array.from({ length: 200 }, () => line()));
  const known = await Promise.all(Array.from({ length: 200 }, () => line('guests')));
  const owner = await line('shop');
  assert.equal(((await ask(owner, [1, shop, 'get', ['card', 'text']])) as [number, number, { value: string }])[2].value, '4111');
  await someClosed(silent, 200 - 128);
  await someClosed(known, 200 - 128);
});

test('stores: calls that fail are told of a few times', async (t) => {
  const { line, ask, reports } = await setUp(t);
  const socket = await line('guests');
  const sender = new FrameSender(socket);
  for (let call = 1; call < 1000; call++) sender.send([call, guests, 'no such method', []], () => {});
  await ask(socket, [1000, guests, 'put', [{}]]);
  const other = await line('shop');
  await ask(other, [1, shop, 'get', ['card', 'text']]);
  const failures = reports.filter(({ message }) => message === 'a store failed');
  assert.ok(failures.length <= 10, String(failures.length));
});
