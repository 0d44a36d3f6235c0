import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { folder } from '../../test/support/folder.ts';
import { until } from '../../test/support/http.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { AppStorage, FromStore, ToStore } from '../protocol/store.ts';
import { systemClock } from './clock.ts';
import { engineEnv, siblingFile } from './engine-launch.ts';
import { spawnWithChannel } from './message-pipe.ts';
import { say } from './parent-channel.ts';
import { BEAT_MS } from './pulse.ts';
import { hearStore } from './store-channel.ts';
import { StoreProcess } from './store-process.ts';

const DEAF = fileURLToPath(new URL('../../test/support/deaf-store.ts', import.meta.url));

const sleeps = (pid: number): boolean => / S /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));

test('a store process that hears of nothing any more is killed and started again', { skip: process.platform !== 'linux' }, async (t) => {
  const clock = new ManualClock();
  const troubles: Record<string, unknown>[] = [];
  let readies = 0;
  const store = new StoreProcess({
    program: 'store',
    file: DEAF,
    dataDir: folder(),
    fsync: 'normal',
    key: 'key',
    clock,
    onTrouble: (message, fields) => troubles.push({ message, ...fields }),
    onNotify: () => {},
    onReady: () => readies++,
  });
  t.after(() => store.stop());
  store.start();
  await until(() => readies === 1);
  const { pid = 0 } = store;
  let asleep = 0;
  await until(() => (asleep = sleeps(pid) ? asleep + 1 : 0) > 10);
  clock.advance(29 * BEAT_MS);
  assert.deepEqual(troubles, []);
  clock.advance(BEAT_MS);
  await until(() => troubles.length === 1);
  assert.deepEqual(troubles, [{ message: 'the store process did not answer any more, was killed and is started again', silentSeconds: 30 }]);
  clock.advance(0);
  await until(() => readies === 2);
  assert.notEqual(store.pid, pid);
});

for (const program of ['store', 'sql'] as const)
  test(`the ${program} process says that it listens, what it was told, and that it lives`, async (t) => {
    const { child, channel } = spawnWithChannel([siblingFile(program)], engineEnv(), ['ignore', 'inherit', 'inherit']);
    assert.ok(channel !== undefined);
    t.after(() => child.kill('SIGKILL'));
    const heard = new Set<FromStore['type'] | 'odd'>();
    const wanted = ['ready', 'granted', 'storage', 'alive'] as const;
    const { promise: hasAll, resolve } = Promise.withResolvers<void>();
    hearStore(
      channel,
      ({ type }) => {
        heard.add(type);
        if (wanted.every((one) => heard.has(one))) resolve();
      },
      () => {
        heard.add('odd');
        resolve();
      },
    );
    const dir = folder();
    const grants = { groups: [], first: undefined };
    const told: ToStore[] = [
      { type: 'configure', config: { root: dir, socket: join(dir, 'socket'), fsync: 'normal', key: 'key', grants } },
      { type: 'grants', call: 1, grants },
      { type: 'accounts', accounts: [{ app: 'app', elsewhere: 0, stores: [{ product: program === 'sql' ? 'd1' : 'kv', group: 'default', id: 'id' }] }] },
    ];
    for (const message of told) say(channel, message);
    await hasAll;
    assert.deepEqual([...heard].sort(), [...wanted].sort());
    const ended = new Promise((gone) => child.once('exit', (code) => gone(code)));
    channel.end();
    assert.equal(await ended, 0);
  });

/** A store process that another than we has written. It gets what the supervisor says as `message`, and has its channel as `fd`. */
const PROGRAM = (body: string): string => `
  import { writeSync } from 'node:fs';
  import { ParentChannel } from '${new URL('./parent-channel.ts', import.meta.url)}';
  const channel = new ParentChannel();
  const fd = 3;
  const frame = (text) => { const head = Buffer.alloc(4); head.writeUInt32LE(Buffer.byteLength(text)); return Buffer.concat([head, Buffer.from(text)]); };
  channel.onMessage((message) => { ${body} });
  channel.onEnd(() => process.exit(0));`;

type Trouble = { message: string } & Record<string, unknown>;
type Started = { store: StoreProcess; troubles: Trouble[]; told: unknown[]; ended: Promise<Trouble> };

/** `ended`: what is said of its first end. */
function start(t: TestContext, body: string): Started {
  const file = join(folder({ 'store.ts': PROGRAM(body) }), 'store.ts');
  const troubles: Trouble[] = [];
  const told: unknown[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<Trouble>();
  const store = new StoreProcess({
    program: 'store',
    file,
    dataDir: folder(),
    fsync: 'normal',
    key: 'key',
    clock: systemClock,
    onTrouble: (message, fields) => {
      troubles.push({ message, ...fields });
      if (message.includes('started again')) resolve({ message, ...fields });
    },
    onNotify: ({ topic, detail }) => told.push([topic, detail]),
    onStorage: (apps: readonly AppStorage[]) => told.push(apps),
    onReady: () => told.push('ready'),
  });
  t.after(() => store.stop());
  store.start();
  return { store, troubles, told, ended };
}

const ODD_END = { message: 'the store process said what none of ours says, as one that was taken over, was killed and is started again' };

const ODD: Readonly<Record<string, string>> = {
  'no frame at all': "'GET / HTTP/1.1\\r\\n\\r\\n'",
  'a frame longer than any': 'Buffer.from([0, 0, 17, 0])',
  'no JSON': 'frame(\'{"type":\')',
  'a line that Node.js would take for its own': 'frame(\'{"cmd":"NODE_HANDLE","type":"net.Socket"}\')',
  'a type that there is not': 'frame(\'{"type":"constructor"}\')',
  'ready, twice': 'Buffer.concat([frame(\'{"type":"ready"}\'), frame(\'{"type":"ready"}\')])',
  'a call that is no number': 'frame(\'{"type":"granted","call":"1"}\')',
  'a detail that is no text': 'frame(\'{"type":"notify","product":"queues","group":"g","id":"i","topic":"due","detail":{"toString":1}}\')',
  'trouble with a list in it': 'frame(\'{"type":"trouble","message":"m","fields":{"store":["a"]}}\')',
  'trouble of a level of its own': 'frame(\'{"type":"trouble","message":"m","fields":{"level":"info"}}\')',
  'trouble longer than any': '(channel.tell({ type: "trouble", message: "m".repeat(5000), fields: {} }), "")',
  'trouble with more fields than any':
    '(channel.tell({ type: "trouble", message: "m", fields: Object.fromEntries(Array.from("abcdefghijklmnopqrstuvwxyz", (one) => [one, 1])) }), "")',
  'storage of nobody': 'frame(\'{"type":"storage","apps":[null]}\')',
  'storage that is no number': 'frame(\'{"type":"storage","apps":[{"app":"a","bytes":{"kv":"1"},"refused":{}}]}\')',
  'storage without an end': 'frame(\'{"type":"storage","apps":[{"app":"a","bytes":{"kv":1e999},"refused":{}}]}\')',
  'storage with something else in it': 'frame(\'{"type":"storage","apps":[{"app":"a","bytes":{},"refused":{},"more":1}]}\')',
  'storage of a kind that cannot be': 'frame(\'{"type":"storage","apps":[{"app":"a","bytes":{"__proto__":1},"refused":{}}]}\')',
};
for (const [what, text] of Object.entries(ODD))
  test(`odd words: ${what}: the store process is killed, and started again`, async (t) => {
    const { store, told, ended } = start(t, `if (message.type === 'configure') writeSync(fd, ${text});`);
    const { pid } = store;
    assert.deepEqual(await ended, ODD_END);
    await until(() => store.pid !== undefined);
    assert.notEqual(store.pid, pid);
    assert.deepEqual(
      told.filter((one) => one !== 'ready'),
      [],
    );
  });

test('odd words: more of ours than any store process says: it is killed', async (t) => {
  const { ended } = start(
    t,
    `const more = () => { for (let i = 0; i < 10_000; i++) channel.tell({ type: 'alive' }); channel.tell({ type: 'alive' }, more); };
     if (message.type === 'configure') more();`,
  );
  assert.deepEqual(await ended, ODD_END);
});

test('a store process that ends by itself has said nothing odd, and what it said last is heard', async (t) => {
  const { troubles, told, ended } = start(
    t,
    `if (message.type !== 'configure') return;
     channel.tell({ type: 'storage', apps: [{ app: 'a', bytes: { kv: 1 }, refused: {} }] });
     channel.tell({ type: 'notify', product: 'queues', group: 'g', id: 'i', topic: 'due', detail: 'q' });
     channel.tell({ type: 'granted', call: 9 });
     channel.tell({ type: 'trouble', message: 'm', fields: { store: 's', count: 1 } }, () => process.exit(3));`,
  );
  assert.deepEqual(await ended, { message: 'the store process ended and is started again', code: 3, signal: null });
  await until(() => troubles.some(({ message }) => message === 'm'));
  assert.deepEqual(told.slice(0, 2), [[{ app: 'a', bytes: { kv: 1 }, refused: {} }], ['due', 'q']]);
});

test('a store process is told to end by its channel', async (t) => {
  const { store, told, troubles } = start(t, "if (message.type === 'configure') channel.tell({ type: 'ready' });");
  await until(() => told.length === 1);
  await store.stop();
  assert.deepEqual([store.pid, troubles], [undefined, []]);
});
