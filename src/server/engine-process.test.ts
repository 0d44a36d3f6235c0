import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { folder } from '../../test/support/folder.ts';
import type { EngineConfig } from '../protocol/engine.ts';
import { type EngineExit, EngineProcess } from './engine-process.ts';

/** An engine that another than we has written. It gets what the supervisor says as `message`, and has its channel as `fd`. */
const PROGRAM = (body: string): string => `
  import { writeSync } from 'node:fs';
  import { ParentChannel } from '${new URL('./parent-channel.ts', import.meta.url)}';
  const channel = new ParentChannel();
  const fd = 3;
  const frame = (text) => { const head = Buffer.alloc(4); head.writeUInt32LE(Buffer.byteLength(text)); return Buffer.concat([head, Buffer.from(text)]); };
  channel.onMessage((message) => { ${body} });`;

type Started = { engine: EngineProcess; exit: Promise<EngineExit>; told: string[] };

async function start(t: TestContext, body: string): Promise<Started> {
  const dir = folder({ 'engine.ts': PROGRAM(body) });
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const listenFd = (listener as unknown as { _handle: { fd: number } })._handle.fd;
  const told: string[] = [];
  const { promise: exit, resolve } = Promise.withResolvers<EngineExit>();
  const config = { ledgerFile: join(dir, 'ledger') } as EngineConfig;
  const engine = new EngineProcess(
    { file: join(dir, 'engine.ts'), execArgv: [], env: {}, listenFd, config, apps: [] },
    {
      ready: () => void told.push('ready'),
      listening: () => void told.push('listening'),
      catastrophe: () => void told.push('catastrophe'),
      exit: (_, one) => resolve(one),
    },
  );
  t.after(async () => {
    engine.kill();
    listener.close();
    await engine.done;
  });
  return { engine, exit, told };
}

test('metrics: megabytes of them, in pieces, again and again, come whole', async (t) => {
  const { engine } = await start(
    t,
    `if (message.type !== 'metrics') return;
     for (let at = 0; at < 20; at++) channel.tell({ type: 'metrics', call: message.call, text: 'ä'.repeat(1e5 + message.call), isLast: at === 19 });`,
  );
  for (let round = 1; round <= 5; round++) {
    const pieces = await engine.metrics();
    assert.deepEqual(
      pieces.map((text) => text.length),
      Array.from({ length: 20 }, () => 1e5 + round),
    );
    assert.equal(engine.lastMetrics, pieces);
  }
});

for (const [what, text, pieces] of [
  ['that never end', "''", 500],
  ['longer than any', "'m'.repeat(9e5)", 5],
] as const) {
  test(`odd words: metrics ${what}: the engine is killed`, async (t) => {
    const { engine, exit } = await start(
      t,
      `if (message.type !== 'metrics') return;
       const more = () => { for (let at = 0; at < ${pieces}; at++) channel.tell({ type: 'metrics', call: message.call, text: ${text}, isLast: false }); setTimeout(more, 10); };
       more();`,
    );
    assert.deepEqual(await engine.metrics(), []);
    assert.equal((await exit).isOdd, true);
  });
}

const ODD: Readonly<Record<string, string>> = {
  'no frame at all': "'GET / HTTP/1.1\\r\\n\\r\\n'",
  'a frame longer than any': 'Buffer.from([255, 255, 255, 255])',
  'no JSON': 'frame(\'{"type":\')',
  'a line that Node.js would take for its own': 'frame(\'{"cmd":"NODE_HANDLE","type":"net.Socket"}\')',
  null: "frame('null')",
  'a list': "frame('[]')",
  'a type that there is not': 'frame(\'{"type":"constructor"}\')',
  'a type that is no text': 'frame(\'{"type":["ready"]}\')',
  'a field too few': 'frame(\'{"type":"listening"}\')',
  'a field too many': 'frame(\'{"type":"alive","more":1}\')',
  'a field of another kind': 'frame(\'{"type":"catastrophe","app":{},"message":""}\')',
  'a long message': '(channel.tell({ type: "catastrophe", app: "a", message: "m".repeat(2e6) }), "")',
  'metrics with something else in them': '(channel.tell({ type: "metrics", call: 1, text: "m", isLast: true, more: [] }), "")',
  'metrics that nobody asked for': '(channel.tell({ type: "metrics", call: 1, text: "m", isLast: true }), "")',
  'metrics that are no text': '(channel.tell({ type: "metrics", call: 1, text: [{}], isLast: true }), "")',
  'a result that is none': 'frame(\'{"type":"triggered","call":1,"result":{"outcome":1}}\')',
};
for (const [what, text] of Object.entries(ODD)) {
  test(`odd words: ${what}: the engine is killed`, async (t) => {
    const { exit, told } = await start(t, `if (message.type === 'configure') writeSync(fd, ${text});`);
    const { signal, isOdd, expected } = await exit;
    assert.deepEqual([signal, isOdd, expected, told], ['SIGKILL', true, false, []]);
  });
}

test('odd words: more of ours than any engine says: the engine is killed', async (t) => {
  const { exit } = await start(
    t,
    `const more = () => { for (let i = 0; i < 1000; i++) channel.tell({ type: 'alive' }); setImmediate(more); };
     if (message.type === 'configure') more();`,
  );
  assert.equal((await exit).isOdd, true);
});

test('an engine that ends by itself has said nothing odd', async (t) => {
  const { exit } = await start(t, "if (message.type === 'configure') process.exit(3);");
  const { code, isOdd } = await exit;
  assert.deepEqual([code, isOdd], [3, undefined]);
});

test('words that nobody asked for change nothing', async (t) => {
  const { engine, told } = await start(
    t,
    `if (message.type !== 'apps' || globalThis.said) return;
     globalThis.said = true;
     channel.tell({ type: 'triggered', call: 9, result: { outcome: 'ok' } });
     channel.tell({ type: 'listening', port: 1 });
     channel.tell({ type: 'applied', apps: 1 });
     channel.tell({ type: 'applied', apps: 1 });`,
  );
  await engine.setApps([]);
  assert.deepEqual([engine.state, told, engine.lastMetrics], ['ready', ['ready'], []]);
});
