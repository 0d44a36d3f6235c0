/** A backup of a server that runs, and another server on what was restored. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder } from '../support/folder.ts';
import { NanoProcess } from '../support/nano-process.ts';
import { serve } from '../support/server.ts';

const APP = `export default {
  async fetch(request, env) {
    if (request.method === 'PUT') { await env.KV.put('key', request.body); return new Response('put'); }
    return new Response([env.TOKEN, (await env.KV.get('key'))?.length].join(' '));
  },
};`;
const CONFIG = JSON.stringify({ name: 'app', main: 'index.js', compatibility_date: '2026-01-01', kv_namespaces: [{ binding: 'KV' }] });

test('backup, restore: data and secrets of a running server come back', async (t) => {
  const dir = folder({ 'app/index.js': APP, 'app/wrangler.jsonc': CONFIG });
  const nano = (args: readonly string[], input = ''): Promise<{ code: number | null; stderr: string }> => new NanoProcess(args, { cwd: dir, input }).ended;
  await nano(['secret', 'put', 'TOKEN', '--app', 'app'], 'token');
  const server = await serve(t, dir);
  // Large enough to be a file of its own.
  await server.get('app', '/', { method: 'PUT', body: Buffer.alloc(3_000_000, 'x'), headers: { 'content-length': '3000000' } });
  const out = join(dir, 'copy');
  assert.equal((await nano(['backup', out, '--with-key'])).code, 0);
  await server.get('app', '/', { method: 'PUT', body: 'later', headers: { 'content-length': '5' } });
  assert.match((await nano(['restore', out, '--force'])).stderr, /a server uses/);
  assert.equal((await nano(['restore', out, '--data', join(dir, 'other')])).code, 0);
  const restored = await serve(t, dir, ['--data', join(dir, 'other')]);
  assert.equal((await restored.get('app')).text, 'token 3000000');
  assert.equal((await server.get('app')).text, 'token 5');
});
