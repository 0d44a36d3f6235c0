import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { project } from '../config/project.fixture.ts';
import { readWorkerConfig } from '../config/worker.ts';
import type { Bundle } from '../protocol/bundle.ts';
import { assembleBundle, wholeDigest } from './assemble.ts';
import { BuildError } from './error.ts';
import { readBundle, writeBundle } from './store.ts';

function bundleOf(text: string): Promise<Bundle> {
  return assembleBundle({
    main: 'index.js',
    modules: [
      { name: 'index.js', type: 'esm', content: `import "./lib/a.txt"; export default ${JSON.stringify(text)}; import.meta`, map: '{"version":3}' },
      { name: 'lib/a.txt', type: 'text', content: 'hällo' },
      { name: 'b.wasm', type: 'wasm', content: new Uint8Array([0, 255]) },
    ],
    maxBytes: 1e6,
  });
}

test('writeBundle, readBundle: what was written is read', async (t) => {
  const dir = join(project(t, {}), 'new/dist');
  const bundle = await bundleOf('one');
  await writeBundle(bundle, dir);
  assert.deepEqual((await readBundle(dir)).bundle, bundle);
  assert.equal(readdirSync(dir).length, 5);
});

test('writeBundle: the manifest says for what it was made, without any secret', async (t) => {
  const app = project(t, {
    'wrangler.json': { name: 'app', main: 'i.js', compatibility_date: '2026-01-01', vars: { A: 'plain-value' } },
    'i.js': '',
    '.dev.vars': 'S=secret-value',
  });
  const dir = join(app, 'dist');
  const manifest = await writeBundle(await bundleOf('one'), dir, { config: readWorkerConfig(app) });
  assert.deepEqual(manifest.bindings, [
    { name: 'A', type: 'text' },
    { name: 'S', type: 'secret' },
  ]);
  assert.equal(manifest.v8, process.versions.v8);
  assert.equal(manifest.compatibility?.date, '2026-01-01');
  assert.ok(!/(plain|secret)-value/.test(readFileSync(join(dir, 'manifest.json'), 'utf8')));
});

test('writeBundle: a new version replaces the old, other files stay', async (t) => {
  const dir = project(t, { 'mine.txt': 'x' });
  await writeBundle(await bundleOf('one'), dir);
  const second = await bundleOf('two');
  await writeBundle(second, dir);
  assert.equal((await readBundle(dir)).bundle.digest, second.digest);
  assert.ok(existsSync(join(dir, 'mine.txt')));
  assert.equal(readdirSync(dir).length, 6);
});

test('writeBundle: a full disk leaves the old version as it was and nothing behind', async (t) => {
  const dir = project(t, {});
  const first = await bundleOf('one');
  await writeBundle(first, dir);
  const before = readdirSync(dir).sort();
  const second = await bundleOf('two');
  for (const room of [0, 1, 2, 3, 4]) {
    let left = room;
    const full = async (path: string, content: string | Uint8Array): Promise<void> => {
      await writeFile(path, typeof content === 'string' ? content.slice(0, 3) : content);
      if (left-- <= 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write' });
      await writeFile(path, content);
    };
    await assert.rejects(
      writeBundle(second, dir, { writeFile: full }),
      (error) => error instanceof BuildError && error.code === 'disk' && /no space left/.test(error.message),
      `room for ${room}`,
    );
    assert.deepEqual(readdirSync(dir).sort(), before);
    assert.equal((await readBundle(dir)).bundle.digest, first.digest);
  }
});

test('readBundle: anything changed on disk is found', async (t) => {
  const changes: [string, (dir: string, files: Record<string, string>) => void, RegExp][] = [
    ['a module', (dir, files) => writeFileSync(join(dir, files['index.js'] ?? ''), 'evil'), /is not what was written/],
    ['no manifest', (dir) => writeFileSync(join(dir, 'manifest.json'), ''), /not JSON/],
    ['a path as file', (dir) => edit(dir, (text) => text.replace(/"file": "index[^"]*"/, '"file": "../../etc/passwd"')), /not a manifest/],
    ['a path as name', (dir) => edit(dir, (text) => text.replace('"name": "b.wasm"', '"name": "../b.wasm"')), /not a manifest/],
    ['a renamed module', (dir) => edit(dir, (text) => text.replace('"name": "b.wasm"', '"name": "c.wasm"')), /digest of the whole/],
    ['another main', (dir) => edit(dir, (text) => text.replace('"main": "index.js"', '"main": "none.js"')), /digest of the whole/],
  ];
  for (const [what, change, message] of changes) {
    const dir = project(t, {});
    const manifest = await writeBundle(await bundleOf('one'), dir);
    change(dir, Object.fromEntries(manifest.modules.map(({ name, file }) => [name, file])));
    await assert.rejects(readBundle(dir), (error) => error instanceof BuildError && error.code === 'corrupt' && message.test(error.message), what);
  }
  await assert.rejects(readBundle(join(project(t, {}), 'none')), /ENOENT/);
});

function edit(dir: string, change: (text: string) => string): void {
  const path = join(dir, 'manifest.json');
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

test('readBundle: one that was stored with the digest over all contents is read', async (t) => {
  const dir = project(t, {});
  const bundle = await bundleOf('one');
  await writeBundle(bundle, dir);
  const old = wholeDigest(bundle);
  edit(dir, (text) => text.replace('"version": 2', '"version": 1').replace(bundle.digest, old));
  assert.equal((await readBundle(dir)).bundle.digest, old);
  edit(dir, (text) => text.replace('"version": 1', '"version": 2'));
  await assert.rejects(readBundle(dir), /the digest of the whole does not match/);
});

test('readBundle: a source map is read when it is asked for, and is none where it is damaged or gone', async (t) => {
  const dir = project(t, {});
  await writeBundle(await bundleOf('one'), dir);
  const [path] = readdirSync(dir).filter((file) => file.endsWith('.map'));
  const mapOf = async (): Promise<() => string | undefined> => {
    const { bundle } = await readBundle(dir);
    return () => bundle.modules.find(({ name }) => name === 'index.js')?.map;
  };
  const [read, late, later] = [await mapOf(), await mapOf(), await mapOf()];
  assert.match(read() ?? '', /version/);
  writeFileSync(join(dir, path ?? ''), '{}');
  assert.equal(late(), undefined);
  rmSync(join(dir, path ?? ''));
  assert.equal(later(), undefined);
  assert.match(read() ?? '', /version/);
});
