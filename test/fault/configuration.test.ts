/** Configuration that cannot be used: exit code 2, with file, line and key; ports and folders that cannot be had. */
import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { answering, type Files, folder } from '../support/folder.ts';
import { runNano } from '../support/nano-process.ts';
import { serve } from '../support/server.ts';

const ports = ['--port', '0', '--admin-port', '0', '--ip', '127.0.0.1', '--engines', '1'];

for (const [name, files, message] of [
  ['a key nobody knows', { 'nano.jsonc': '{\n  "limits": { "defaults": { "cpu_mss": 1 } }\n}' }, /nano\.jsonc:2.*cpu_mss.*cpu_ms/s],
  ['a value out of range', { 'nano.jsonc': '{\n  "port": 70000\n}' }, /nano\.jsonc:2.*port.*65535/s],
  ['an unknown log level', { 'nano.jsonc': '{ "log_level": "loud" }' }, /nano\.jsonc:1.*log_level.*debug.*info.*warn/s],
  ['a limit above its ceiling', { 'nano.jsonc': '{ "limits": { "defaults": { "memory_mb": 64 }, "ceilings": { "memory_mb": 32 } } }' }, /memory_mb.*ceiling/s],
  ['not JSON', { 'nano.jsonc': '{ "port": ' }, /nano\.jsonc:1/],
  ['an empty file', { 'nano.jsonc': '' }, /nano\.jsonc/],
] satisfies [string, Files, RegExp][]) {
  test(`nano.jsonc: ${name} is exit code 2`, async () => {
    const { code, stderr } = await runNano(['serve', '.', ...ports], { cwd: folder({ 'app.js': answering('x'), ...files }) });
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  });
}

test('nano.jsonc: one that cannot be read is exit code 2', async () => {
  const dir = folder({ 'app.js': answering('x') });
  symlinkSync('nano.jsonc', join(dir, 'nano.jsonc'));
  const circular = await runNano(['serve', '.', ...ports, '--config', 'nano.jsonc'], { cwd: dir });
  assert.deepEqual([circular.code, /circle|links|ELOOP/i.test(circular.stderr)], [2, true], circular.stderr);
  const missing = await runNano(['serve', '.', ...ports, '--config', 'nowhere.jsonc'], { cwd: dir });
  assert.deepEqual([missing.code, /nowhere\.jsonc/.test(missing.stderr)], [2, true], missing.stderr);
});

test('dev: a wrangler file that is wrong is exit code 2, a folder without an app too', async () => {
  const wrong = await runNano(['dev', '.', '--port', '0'], { cwd: folder({ 'wrangler.jsonc': '{\n  "name": "a",\n  "main": 7\n}' }) });
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /wrangler\.jsonc:3.*main/s);
  const none = await runNano(['dev', '.', '--port', '0'], { cwd: folder({ 'readme.md': '' }) });
  assert.equal(none.code, 2);
  assert.match(none.stderr, /no app in this folder/i);
});

test('serve: a folder without apps waits for them', async (t) => {
  const server = await serve(t, folder());
  await server.line({ level: 'warn', msg: 'no app is there yet' });
  assert.equal((await server.get('any')).status, 404);
});

test('serve: a port in use is exit code 1, for apps and for the admin', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  const cwd = folder({ 'app.js': answering('x') });
  for (const option of ['--port', '--admin-port']) {
    const { code, stderr } = await runNano(['serve', '.', ...ports, option, String(port)], { cwd });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`port ${port} is in use.*${option}`));
  }
});
