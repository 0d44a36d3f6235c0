import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { StoreAddress } from '../ports/stores.ts';
import { makeBadge } from './badge.ts';
import { frameOf } from './frame-reader.ts';
import { FrameSender, receiveMessages } from './frames.ts';
import { Gate } from './gate.ts';
import type { StoreProduct } from './product.ts';
import { StoreClient } from './store-client.ts';
import { StoreHost } from './store-host.ts';
import { StoreServer } from './store-server.ts';

const KEY = 'key';
const MEGABYTE = 1024 * 1024;

type World = { made: number[]; path: string; line(group: string): Promise<Socket>; client(group: string): StoreClient; of(group: string): StoreAddress };

/** Stores whose answers are as long as one likes. */
async function setUp(t: TestContext): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), 'nano-test-'));
  const made: number[] = [];
  const product: StoreProduct = {
    name: 'long',
    isTransient: true,
    migrations: [],
    writes: ['write'],
    open: () => ({
      methods: {
        read: (length: number, number: number): string => {
          made.push(number);
          return 'x'.repeat(length);
        },
        write: (length: number, number: number): string => {
          made.push(number);
          return 'x'.repeat(length);
        },
      },
    }),
  };
  const host = new StoreHost({ root: dir, fsync: 'normal', products: [product] });
  const groups = ['guests', 'shop'].map((group) => ({ group, apps: [], stores: [['long', 'store']] as const }));
  const server = new StoreServer(host, new Gate({ key: KEY, grants: { groups, first: undefined }, onTrouble: () => {} }));
  const path = join(dir, 'socket');
  await server.listen(path);
  t.after(() => {
    server.close();
    host.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const badge = (group: string): string => makeBadge(KEY, { kind: 'engine', group });
  return {
    made,
    path,
    line: async (group) => {
      const socket = connect(path);
      t.after(() => socket.destroy());
      await once(socket, 'connect');
      socket.on('error', () => {});
      socket.write(frameOf(badge(group)));
      return socket;
    },
    client: (group) => {
      const client = new StoreClient({ socket: path, badge: badge(group) });
      t.after(() => client.close());
      return client;
    },
    of: (group) => ({ product: 'long', group, id: 'store' }),
  };
}

test('store server: of long answers no more are made than may wait; others are answered, and all are in the end, in order', async (t) => {
  const { made, line, client, of } = await setUp(t);
  const greedy = await line('guests');
  const calls = 500;
  const asking = new FrameSender(greedy);
  const numbers = Array.from({ length: calls }, (_, at) => at);
  for (const number of numbers) asking.send([number + 1, of('guests'), number % 7 === 3 ? 'write' : 'read', [MEGABYTE, number]], () => {});
  const other = client('shop');
  for (let count = 0; count < 100; count++) assert.equal(await other.call(of('shop'), 'read', [3, -1]), 'xxx');
  const ofGreedy = (): number[] => made.filter((number) => number >= 0);
  assert.ok(ofGreedy().length > 0 && ofGreedy().length < 20, String(ofGreedy().length));
  const answered: number[] = [];
  await new Promise<void>((resolve) => {
    receiveMessages(greedy, (message) => {
      const [call, ok, value] = message as [number, number, string];
      assert.deepEqual([ok, value.length], [1, MEGABYTE]);
      if (answered.push(call - 1) === calls) resolve();
    });
  });
  assert.deepEqual([answered, ofGreedy()], [numbers, numbers]);
});

test('store server: the more connections a holder has, the less waits on each', async (t) => {
  const { made, line, client, of } = await setUp(t);
  const lines = await Promise.all(Array.from({ length: 100 }, () => line('guests')));
  // Each has been heard, and takes nothing more.
  for (const socket of lines) {
    const isAnswered = new Promise((resolve) => receiveMessages(socket, resolve));
    new FrameSender(socket).send([1, of('guests'), 'read', [1, -1]], () => {});
    await isAnswered;
    socket.pause();
  }
  for (const [at, socket] of lines.entries()) {
    const asking = new FrameSender(socket);
    for (let call = 1; call <= 20; call++) asking.send([call, of('guests'), 'read', [MEGABYTE, at]], () => {});
  }
  const other = client('shop');
  while (new Set(made).size < lines.length + 1) await other.call(of('shop'), 'read', [3, -1]);
  for (let count = 0; count < 100; count++) await other.call(of('shop'), 'read', [3, -1]);
  const count = made.filter((number) => number >= 0).length;
  assert.ok(count >= lines.length && count <= lines.length * 4, String(count));
});

test('store server: calls that were put off go with whoever has made them', async (t) => {
  const { made, line, client, of } = await setUp(t);
  const greedy = await line('guests');
  const asking = new FrameSender(greedy);
  for (let call = 1; call <= 500; call++) asking.send([call, of('guests'), 'read', [MEGABYTE, call]], () => {});
  const other = client('shop');
  while (made.length < 10) await other.call(of('shop'), 'read', [3, 0]);
  greedy.destroy();
  const again = client('guests');
  assert.equal(await again.call(of('guests'), 'read', [5, 0]), 'xxxxx');
  for (let count = 0; count < 20; count++) await other.call(of('shop'), 'read', [3, 0]);
  assert.ok(made.filter((number) => number > 0).length < 20);
});
