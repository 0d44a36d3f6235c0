/** A folder of assets, read and written into versions. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { brotliDecompressSync } from 'node:zlib';
import { type AssetManifest, ASSETS_DIR, ASSETS_FILE } from '../../protocol/assets.ts';
import { contentType } from './content-type.ts';
import { AssetScanner, type AssetTree } from './scan.ts';
import { writeAssets } from './write.ts';

function folder(t: TestContext, files: Readonly<Record<string, string>> = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'nano-test-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  return dir;
}

const scan = (dir: string, scanner = new AssetScanner()): Promise<AssetTree> => scanner.scan(dir, 'auto-trailing-slash');
const pathsOf = (tree: AssetTree): string[] => tree.manifest.files.map(({ path }) => path);
const stored = (dir: string): AssetManifest => JSON.parse(readFileSync(join(dir, ASSETS_FILE), 'utf8')) as AssetManifest;

test('scan: files by name, without what concerns the server or is secret', async (t) => {
  const dir = folder(t, {
    'a.html': 'a',
    'b/c.js': 'c',
    _headers: '/a\n  X: 1',
    _redirects: '/x /a',
    '.assetsignore': '*.map',
    'b/c.js.map': '{}',
    'b/_headers': 'a file as any other',
    '.dev.vars': 'SECRET=1',
    '.dev.vars.production': 'SECRET=1',
    '.env': 'SECRET=1',
    'node_modules/x/index.js': '',
    '.git/config': '',
    'wrangler.jsonc': '{}',
    '.well-known/x': '',
  });
  assert.deepEqual(pathsOf(await scan(dir)), ['/.well-known/x', '/a.html', '/b/_headers', '/b/c.js']);
});

test('scan: .assetsignore brings back what is seldom meant, and never a secret', async (t) => {
  const dir = folder(t, { '.assetsignore': '!node_modules\n!.dev.vars\n!_headers', 'node_modules/a.js': '', '.dev.vars': 'SECRET=1', _headers: '' });
  assert.deepEqual(pathsOf(await scan(dir)), ['/node_modules/a.js']);
});

test('scan: links are followed to files inside, and to nothing else', async (t) => {
  const outside = folder(t, { secret: 'secret', 'folder/a': 'a' });
  const dir = folder(t, { 'real.txt': 'real', 'sub/x': 'x' });
  symlinkSync('real.txt', join(dir, 'inside.txt'));
  symlinkSync(join(outside, 'secret'), join(dir, 'outside.txt'));
  symlinkSync(outside, join(dir, 'outside'));
  symlinkSync('sub', join(dir, 'linked'));
  symlinkSync('.', join(dir, 'circle'));
  symlinkSync('loop', join(dir, 'loop'));
  symlinkSync('/proc/self/environ', join(dir, 'environ'));
  execFileSync('mkfifo', [join(dir, 'pipe')]);
  const tree = await scan(dir);
  assert.deepEqual(pathsOf(tree), ['/inside.txt', '/real.txt', '/sub/x']);
  assert.equal(tree.warnings.length, 7);
  assert.ok(tree.warnings.some((text) => text.includes('"outside.txt" is not served: the link leads out of the folder')));
  assert.ok(tree.warnings.some((text) => text.includes('"pipe" is not served: it is no regular file')));
});

test('scan: a folder that is itself a link is the folder it leads to', async (t) => {
  const real = folder(t, { 'a.txt': 'a' });
  const link = join(folder(t), 'link');
  symlinkSync(real, link);
  assert.deepEqual(pathsOf(await scan(link)), ['/a.txt']);
});

test('scan: says what cannot be served', async (t) => {
  const dir = folder(t, { file: 'x' });
  await assert.rejects(scan(join(dir, 'none')), /The directory specified by the "assets\.directory" field in your configuration file does not exist/);
  await assert.rejects(scan(join(dir, 'file')), /doesn't point to a directory/);
  await assert.rejects(scan(folder(t, { '_worker.js': '' })), /Uploading a Pages _worker\.js file as an asset/);
  await assert.rejects(scan(folder(t, { '_worker.js/index.js': '' })), /Uploading a Pages _worker\.js directory as an asset/);
  assert.deepEqual(pathsOf(await scan(folder(t, { '_worker.js': '', '.assetsignore': '' }))), ['/_worker.js']);
  truncateSync(join(dir, 'file'), 25 * 1024 * 1024 + 1);
  await assert.rejects(scan(dir), /Asset too large\./);
});

test('scan: the same folder comes to the same digest, another content to another one', async (t) => {
  const dir = folder(t, { 'a.txt': 'one' });
  const scanner = new AssetScanner();
  const first = (await scan(dir, scanner)).manifest.digest;
  assert.equal((await scan(dir, scanner)).manifest.digest, first);
  writeFileSync(join(dir, 'a.txt'), 'two');
  assert.notEqual((await scan(dir, scanner)).manifest.digest, first);
});

test('write: a version keeps its bytes whatever becomes of the source, and shares them with the next', async (t) => {
  const dir = folder(t, { 'a.txt': 'one', 'b.txt': 'same' });
  const versions = folder(t);
  await writeAssets(await scan(dir), join(versions, 'v1'), { compress: false });
  writeFileSync(join(dir, 'a.txt'), 'two');
  await writeAssets(await scan(dir), join(versions, 'v2'), { compress: false });
  const read = (version: string, path: string): [string, number] => {
    const file = join(versions, version, ASSETS_DIR, String(stored(join(versions, version)).files.find((one) => one.path === path)?.file));
    return [readFileSync(file, 'utf8'), statSync(file).nlink];
  };
  assert.deepEqual(
    [read('v1', '/a.txt'), read('v2', '/a.txt'), read('v1', '/b.txt')],
    [
      ['one', 1],
      ['two', 1],
      ['same', 2],
    ],
  );
  rmSync(join(versions, 'v1'), { recursive: true });
  assert.deepEqual(read('v2', '/b.txt'), ['same', 1]);
});

test('write: the list comes last, and what was broken off is done again', async (t) => {
  const dir = folder(t, { 'a.txt': 'one' });
  const tree = await scan(dir);
  const version = join(folder(t), 'v1');
  const [name = ''] = [...tree.sources.keys()];
  mkdirSync(join(version, ASSETS_DIR), { recursive: true });
  writeFileSync(join(version, ASSETS_DIR, name), 'half');
  await writeAssets(tree, version, { compress: false });
  assert.equal(readFileSync(join(version, ASSETS_DIR, name), 'utf8'), 'one');
  assert.deepEqual(readdirSync(version).sort(), [ASSETS_DIR, ASSETS_FILE]);
});

test('write: a folder without its list lends nothing', async (t) => {
  const dir = folder(t, { 'a.txt': 'one' });
  const tree = await scan(dir);
  const versions = folder(t);
  const [name = ''] = [...tree.sources.keys()];
  mkdirSync(join(versions, 'broken', ASSETS_DIR), { recursive: true });
  writeFileSync(join(versions, 'broken', ASSETS_DIR, name), 'half');
  await writeAssets(tree, join(versions, 'v1'), { compress: false });
  assert.equal(readFileSync(join(versions, 'v1', ASSETS_DIR, name), 'utf8'), 'one');
});

test('write: a file that changes meanwhile makes no version', async (t) => {
  const dir = folder(t, { 'a.txt': 'one' });
  const tree = await scan(dir);
  writeFileSync(join(dir, 'a.txt'), 'two');
  const version = join(folder(t), 'v1');
  await assert.rejects(writeAssets(tree, version, { compress: false }), /was changed while it was read/);
  assert.ok(!existsSync(join(version, ASSETS_FILE)));
});

test('write: variants of what gets smaller, made once', async (t) => {
  const text = 'let a = 1;\n'.repeat(1000);
  const dir = folder(t, { 'a.js': text, 'tiny.js': 'a', 'picture.png': text, 'ready.css': text, 'ready.css.br': 'x' });
  const versions = folder(t);
  await writeAssets(await scan(dir), join(versions, 'v1'), { compress: true });
  const { files } = stored(join(versions, 'v1'));
  const variants = (path: string): string[] | undefined => files.find((one) => one.path === path)?.variants?.map(({ encoding }) => encoding);
  assert.deepEqual(
    [variants('/a.js')?.sort(), variants('/tiny.js'), variants('/picture.png'), variants('/ready.css')],
    [['br', 'gzip'], undefined, undefined, ['br']],
  );
  const made = String(files.find(({ path }) => path === '/a.js')?.variants?.find(({ encoding }) => encoding === 'br')?.file);
  assert.equal(brotliDecompressSync(readFileSync(join(versions, 'v1', ASSETS_DIR, made))).toString(), text);
  writeFileSync(join(dir, 'tiny.js'), 'b');
  await writeAssets(await scan(dir), join(versions, 'v2'), { compress: true });
  assert.equal(statSync(join(versions, 'v2', ASSETS_DIR, made)).nlink, 2);
});

test('contentType: by ending, text with its charset', () => {
  const types = ['a.html', 'a.JS', 'a.json', 'b/a.svg', 'a.woff2', 'a.ts', 'a.md', '.html', 'a', 'a.greg', 'a.b/c'].map(contentType);
  assert.deepEqual(types, [
    'text/html; charset=utf-8',
    'text/javascript; charset=utf-8',
    'application/json',
    'image/svg+xml',
    'font/woff2',
    'video/mp2t',
    'text/markdown; charset=utf-8',
    null,
    null,
    null,
    null,
  ]);
});
