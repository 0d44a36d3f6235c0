/** Apps come, change and go while another one is under load: it notices nothing. */
import assert from 'node:assert/strict';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { answering, folder, put } from '../support/folder.ts';
import { Load } from '../support/load.ts';
import { serve } from '../support/server.ts';

test('watching: an app is added, changed, renamed and removed without a failed request to the others', async (t) => {
  const dir = folder({ 'steady.js': answering('steady') });
  const server = await serve(t, dir);
  const load = new Load(t, server.port, 'steady.localhost');
  await load.next('200 steady');

  put(dir, { 'guest/index.ts': answering('one') });
  await server.line({ msg: 'live', app: 'guest' });
  assert.equal((await server.get('guest')).text, 'one');

  put(dir, { 'guest/index.ts': answering('two') });
  await server.line({ msg: 'new version live', app: 'guest' });
  assert.equal((await server.get('guest')).text, 'two');

  renameSync(join(dir, 'guest'), join(dir, 'renamed'));
  await server.line({ msg: 'live', app: 'renamed' });
  await server.line({ msg: 'removed', app: 'guest' });
  assert.deepEqual([(await server.get('guest')).status, (await server.get('renamed')).text], [404, 'two']);

  rmSync(join(dir, 'renamed'), { recursive: true });
  await server.line({ msg: 'removed', app: 'renamed' });
  // The log line is written before the engines have heard of it; the answer changes when they have.
  while ((await server.get('renamed')).status !== 404);

  const { answers, errors } = await load.stop();
  assert.deepEqual([[...answers.keys()], errors], [['200 steady'], []]);
});

test('watching: a change under load has no failed request to the app itself', async (t) => {
  const dir = folder({ 'app.js': answering('one') });
  const server = await serve(t, dir);
  const load = new Load(t, server.port, 'app.localhost');
  await load.next('200 one');
  put(dir, { 'app.js': answering('two') });
  await load.next('200 two');
  const { answers, errors } = await load.stop();
  assert.deepEqual([[...answers.keys()], errors], [['200 one', '200 two'], []]);
});
