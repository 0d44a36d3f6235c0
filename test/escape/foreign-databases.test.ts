/** An engine that a tenant has taken over speaks to the router of SQL processes by hand: others are served, and the router goes on. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { D1_TEXTS } from '../../src/bindings/d1/errors.ts';
import { systemClock } from '../../src/server/clock.ts';
import { StoreProcess } from '../../src/server/store-process.ts';
import { makeBadge } from '../../src/storage/badge.ts';
import { eachFrame, frameOf } from '../../src/storage/frame-reader.ts';
import { writeCall } from '../../src/storage/pool/wire.ts';
import { residentKb } from '../support/descriptors.ts';
import { folder } from '../support/folder.ts';
import { connected, someClosed } from '../support/sockets.ts';

const KEY = 'key of this run';
const CARTS = '["shop","carts"]';
const NOTES = '["guests","notes"]';
const request = (...sql: readonly string[]): string => JSON.stringify(sql.map((text) => [text, []]));

type World = {
  router: StoreProcess;
  line(group?: string): Promise<Socket>;
  /** The answer to one call, or that the connection has ended. */
  ask(socket: Socket, frame: Buffer): Promise<string>;
  /** Another group is served. */
  isFine(): Promise<void>;
};

async function setUp(t: TestContext): Promise<World> {
  const isReady = Promise.withResolvers<void>();
  const router = new StoreProcess({
    program: 'sql',
    dataDir: folder(),
    fsync: 'normal',
    key: KEY,
    clock: systemClock,
    onTrouble: () => {},
    onNotify: () => {},
    onReady: isReady.resolve,
  });
  t.after(() => router.stop());
  await router.grant({
    groups: [
      { group: 'shop', apps: ['cart'], stores: [['d1', 'carts']] },
      { group: 'guests', apps: ['page', 'blog'], stores: [['d1', 'notes']] },
    ],
    first: undefined,
  });
  router.start();
  await isReady.promise;
  const line = async (group?: string): Promise<Socket> => {
    const socket = await connected(t, router.config.socket);
    if (group !== undefined) socket.write(frameOf(makeBadge(KEY, { kind: 'engine', group })));
    return socket;
  };
  const ask = (socket: Socket, frame: Buffer): Promise<string> =>
    new Promise((resolve) => {
      eachFrame(socket, (body) => resolve(body.toString('utf8', 4)));
      socket.once('close', () => resolve('closed'));
      socket.write(frame);
    });
  const isFine = async (): Promise<void> => {
    const socket = await line('shop');
    assert.match(await ask(socket, writeCall(1, 'cart', CARTS, request('SELECT 4111'))), /4111/);
    socket.destroy();
  };
  return { router, line, ask, isFine };
}

test('databases: without a badge, with a forged one, with what is no call: the connection ends, the router goes on', async (t) => {
  const { router, line, ask, isFine } = await setUp(t);
  const { pid } = router;
  const forged = makeBadge('another key', { kind: 'operator' });
  const changed = makeBadge(KEY, { kind: 'engine', group: 'guests' }).replace('guests', 'shop');
  for (const hello of [forged, changed, '', 'x'.repeat(5000), '[]']) assert.equal(await ask(await line(), frameOf(hello)), 'closed', hello.slice(0, 50));
  const long = Buffer.alloc(4);
  long.writeUInt32LE(4097);
  assert.equal(await ask(await line(), long), 'closed', 'a long frame before the badge');
  const names = writeCall(1, 'page', NOTES, request('SELECT 1'));
  names.writeUInt16LE(0xffff, 10);
  for (const frame of [Buffer.of(255, 255, 255, 255), Buffer.of(0, 0, 0, 2), Buffer.alloc(4), Buffer.of(2, 0, 0, 0, 1, 2), names])
    assert.equal(await ask(await line('guests'), frame), 'closed', frame.toString('hex', 0, 20));
  await isFine();
  assert.equal(router.pid, pid);
});

test('databases: requests that are none get an answer, and end nothing', async (t) => {
  const { router, line, ask, isFine } = await setUp(t);
  const { pid } = router;
  const socket = await line('guests');
  let call = 0;
  for (const payload of [
    '',
    'SELECT 1',
    '{',
    '{}',
    '[',
    '['.repeat(1_000_000),
    '[1]',
    '[[1]]',
    '[["SELECT ?",[{}]]]',
    '[[[],{}]]',
    'null',
    '\0\0',
    '[["SELECT 1",{"length":1e9}]]',
  ]) {
    const other = await line('guests');
    assert.match(await ask(other, writeCall(++call, 'page', NOTES, payload)), /error/, payload.slice(0, 50));
    other.destroy();
  }
  for (const [owner, key] of [
    ['cart', NOTES],
    ['', NOTES],
    ['page', CARTS],
    ['page', '['.repeat(60_000)],
    ['page', '["guests","../shop/carts"]'],
    ['__proto__', NOTES],
  ] as const) {
    const other = await line('guests');
    assert.ok((await ask(other, writeCall(++call, owner, key, request('SELECT 1')))).includes(D1_TEXTS.lost), key.slice(0, 50));
    other.destroy();
  }
  assert.match(await ask(socket, writeCall(++call, 'page', NOTES, request('SELECT 42'))), /42/);
  await isFine();
  assert.equal(router.pid, pid);
});

test('databases: connections without end keep nobody out', async (t) => {
  const { line, isFine } = await setUp(t);
  const silent = await Promise.all(Array.from({ length: 200 }, () => line()));
  const known = await Promise.all(Array.from({ length: 200 }, () => line('guests')));
  await isFine();
  await someClosed(silent, 200 - 128);
  await someClosed(known, 200 - 128);
});

test('databases: calls without end, and answers that nobody takes, do not pile up', {
  skip: process.platform !== 'linux' && 'it looks into /proc',
}, async (t) => {
  const { router, line, ask, isFine } = await setUp(t);
  const greedy = await line('guests');
  greedy.pause();
  const large = request("SELECT hex(zeroblob(500000)) AS 'large'");
  for (let call = 1; call <= 2000; call++) greedy.write(writeCall(call, 'page', NOTES, large));
  const waiting = await line('guests');
  const other = await line('guests');
  const payload = 'x'.repeat(1024 * 1024);
  for (let call = 1; call <= 200; call++) waiting.write(writeCall(call, 'blog', NOTES, payload));
  for (let count = 0; count < 20; count++) await isFine();
  // Till there is room again.
  let answered = 0;
  await new Promise<void>((resolve) => {
    eachFrame(waiting, () => {
      if (++answered === 200) resolve();
    });
  });
  const size = residentKb(router.pid ?? 0);
  assert.ok(size < 900_000, String(size));
  greedy.destroy();
  waiting.destroy();
  const last = writeCall(1, 'page', NOTES, request('SELECT 42'));
  assert.match(await ask(other, last), /42|overloaded/);
  await isFine();
});
