/** What V8 cannot stop: the app's requests are answered, the engine is replaced, nothing of it is left. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { answering, folder } from '../support/folder.ts';
import { Load } from '../support/load.ts';
import { serve } from '../support/server.ts';

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
