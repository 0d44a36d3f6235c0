/** What V8 cannot stop: the app's requests are answered, the engine is replaced, nothing of it is left. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { answering, folder } from '../support/folder.ts';
import { Load } from '../support/load.ts';
import { serve } from '../support/server.ts';

/** Each request declares types of WebAssembly that no module had before: V8 keeps them for the process, and has room for two million. */
const TYPES = `let next = 0;
const COUNT = 200_000, WORDS = 11;
const leb = (n) => [(n & 127) | 128, ((n >> 7) & 127) | 128, (n >> 14) & 127 | 128, n >> 21];
export default {
  fetch() {
    const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, ...leb(4 + COUNT * (WORDS + 3)), ...leb(COUNT)];
    const bytes = new Uint8Array(head.length + COUNT * (WORDS + 3));
    bytes.set(head);
    let at = head.length;
    for (const end = next + COUNT; next < end; next++) {
      bytes[at++] = 0x60;
      bytes[at++] = WORDS;
      for (let i = 0, rest = next; i < WORDS; i++, rest >>>= 2) bytes[at++] = 0x7f - (rest & 3);
      bytes[at++] = 0;
    }
    new WebAssembly.Module(bytes);
    return new Response('declared');
  },
};
`;

const APP = `export default {
  fetch() {
    return new Response('a'.repeat(2 ** 28).replaceAll('a', 'bb'));
  },
};
`;

test('lost thread: the engine goes without a failed request to the neighbour', async (t) => {
  const dir = folder({ 'lost.js': APP, 'neighbour.js': answering('fine'), 'nano.jsonc': '{ "limits": { "defaults": { "cpu_ms": 50 } } }' });
  const server = await serve(t, dir, ['--log-level', 'debug']);
  const { pid } = await server.line({ msg: 'engine listens' });
  const neighbour = new Load(t, server.port, 'neighbour.localhost', { clients: 1, keepAlive: false });
  assert.equal((await server.get('lost')).text, 'error code: 1102');
  await server.line({ level: 'error', app: 'lost', msg: /taken a thread/ });
  await neighbour.next('200 fine');
  while (existsSync(`/proc/${String(pid)}/fd`) && process.platform === 'linux') await new Promise((resolve) => setTimeout(resolve, 20));
  await neighbour.next('200 fine');
  const { errors, answers } = await neighbour.stop();
  assert.deepEqual([errors, [...answers.keys()]], [[], ['200 fine']]);
});

test('lost thread: too many types of WebAssembly cost an engine, and no request of the neighbour', async (t) => {
  // By default the growth of the process would be found too much at about the request that fills the table.
  const dir = folder({
    'types.js': TYPES,
    'neighbour.js': answering('fine'),
    'nano.jsonc': '{ "limits": { "defaults": { "memory_mb": 512, "cpu_ms": 60000 } } }',
  });
  const server = await serve(t, dir);
  const neighbour = new Load(t, server.port, 'neighbour.localhost', { clients: 1, keepAlive: false });
  let answer = 'declared';
  for (let i = 0; i < 20 && answer === 'declared'; i++) answer = (await server.get('types')).text;
  assert.equal(answer, 'error code: 1102');
  await server.line({ level: 'error', app: 'types', msg: /taken a thread/ });
  await neighbour.next('200 fine');
  const { errors, answers } = await neighbour.stop();
  assert.deepEqual([errors, [...answers.keys()]], [[], ['200 fine']]);
});
