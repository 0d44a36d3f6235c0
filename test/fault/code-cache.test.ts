/** The disk takes no code cache: slower, and otherwise as before. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { answering, folder, put } from '../support/folder.ts';
import { serve } from '../support/server.ts';

/** The folders of bundles in a data folder: those that hold a manifest. */
function bundles(dir: string): string[] {
  return (readdirSync(dir, { recursive: true }) as string[]).filter((name) => name.endsWith('manifest.json')).map((name) => join(dir, name, '..'));
}

/** Does a bundle have a code cache? */
function cachedIn(bundle: string): boolean {
  return existsSync(join(bundle, 'cache')) && (readdirSync(join(bundle, 'cache'), { recursive: true }) as string[]).some((name) => name.endsWith('.bin'));
}

test('code cache: an app runs where none can be written, and the log says so', async (t) => {
  const dir = folder({ 'app.js': answering('served') });
  const data = folder();
  const server = await serve(t, dir, ['--data', data]);
  const [bundle] = bundles(data);
  assert.ok(bundle !== undefined && statSync(bundle).isDirectory());
  // A file where the folder should be fails like a full disk does, for every user.
  writeFileSync(join(bundle, 'cache'), '');
  assert.equal((await server.get('app')).text, 'served');
  await server.line({ level: 'warn', msg: /code cache cannot be written/ });
  assert.equal((await server.get('app')).text, 'served');
});

test('code cache: a damaged one is made anew', async (t) => {
  const dir = folder({ 'app.js': answering('served') });
  const data = folder();
  const first = await serve(t, dir, ['--data', data]);
  assert.equal((await first.get('app')).text, 'served');
  const [bundle] = bundles(data);
  assert.ok(bundle !== undefined);
  // It is made a little after the first request.
  while (!cachedIn(bundle)) await new Promise((resolve) => setTimeout(resolve, 20));
  await first.process.stop();
  const cached = (readdirSync(join(bundle, 'cache'), { recursive: true }) as string[]).filter((name) => name.endsWith('.bin')).map((name) => `cache/${name}`);
  assert.ok(cached.length > 0);
  put(bundle, Object.fromEntries(cached.map((name) => [name, 'damaged'])));
  const second = await serve(t, dir, ['--data', data]);
  assert.equal((await second.get('app')).text, 'served');
});
