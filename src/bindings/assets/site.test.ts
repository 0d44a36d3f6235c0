import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type AssetFile, type AssetManifest, ASSETS_DIR, ASSETS_FILE, type AssetSettings } from '../../protocol/assets.ts';
import type { AppRecord } from '../../protocol/engine.ts';
import { AssetFiles } from './files.ts';
import { requestOf } from './request.ts';
import { type AssetAnswer, AssetSite } from './site.ts';

const NAME = 'a'.repeat(32);
const SETTINGS: AssetSettings = { htmlHandling: 'auto-trailing-slash', notFoundHandling: 'none', runWorkerFirst: false, hasWorker: true };

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'nano-test-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function siteOf(t: TestContext, files: readonly Partial<AssetFile>[], rest: Partial<AssetManifest> = {}): Promise<AssetSite> {
  const dir = folder(t);
  const manifest = {
    version: 1,
    digest: '',
    files: files.map((file) => ({ file: NAME, size: 10, type: 'text/css; charset=utf-8', ...file })),
    redirects: { static: [], dynamic: [] },
    headers: [],
    ...rest,
  };
  writeFileSync(join(dir, ASSETS_FILE), JSON.stringify(manifest));
  const record = { bundleDir: dir, compatibilityDate: '2026-01-01', compatibilityFlags: [] as string[] } as AppRecord;
  const site = new AssetSite(record, SETTINGS);
  await site.load();
  return site;
}

function ask(site: AssetSite, path: string, headers = '', method = 'GET', mayEncode = true): AssetAnswer & { header(name: string): string | undefined } {
  const request = requestOf(method, `http://a.localhost${path}`, headers);
  assert.ok(request !== undefined);
  const answer = site.answer(request, mayEncode);
  const pairs = answer.headers.split('\n');
  return { ...answer, header: (name) => pairs[pairs.indexOf(name) + 1] };
}

const VARIANTS = [
  { encoding: 'br', file: `${NAME}.br`, size: 3 },
  { encoding: 'gzip', file: `${NAME}.gz`, size: 4 },
] as const;

test('answer: the smallest encoding the client takes, under a weak tag', async (t) => {
  const site = await siteOf(t, [{ path: '/a.css', variants: VARIANTS }, { path: '/b.css' }]);
  const chosen = (accepted: string): unknown => {
    const answer = ask(site, '/a.css', `accept-encoding\n${accepted}`);
    return [answer.body?.file.slice(32), answer.headers.includes('content-encoding') ? answer.header('content-encoding') : undefined, answer.header('vary')];
  };
  assert.deepEqual(chosen('gzip, deflate, br'), ['.br', 'br', 'accept-encoding']);
  assert.deepEqual(chosen('gzip;q=0.5, BR;q=0'), ['.gz', 'gzip', 'accept-encoding']);
  assert.deepEqual(chosen('identity, br;q=0.0'), ['', undefined, 'accept-encoding']);
  assert.equal(ask(site, '/a.css', 'accept-encoding\nbr').header('etag'), `W/"${NAME}"`);
  assert.equal(ask(site, '/b.css', 'accept-encoding\nbr').headers.includes('vary'), false);
  // Not for code, which wants to read it; not for a part, which is one of the file itself.
  assert.equal(ask(site, '/a.css', 'accept-encoding\nbr', 'GET', false).body?.file, NAME);
  assert.deepEqual(ask(site, '/a.css', 'accept-encoding\nbr\nrange\nbytes=1-2').body, { file: NAME, size: 10, start: 1, end: 2 });
  assert.deepEqual([ask(site, '/a.css', 'accept-encoding\nbr', 'HEAD').length, ask(site, '/a.css', '', 'HEAD').length], [3, 10]);
  assert.equal(ask(site, '/a.css', `accept-encoding\nbr\nif-none-match\nW/"${NAME}"`).status, 304);
});

test('answer: no second encoding where a rule names one', async (t) => {
  const site = await siteOf(t, [{ path: '/a.css', variants: VARIANTS }], { headers: [{ path: '/*', set: [['content-encoding', 'br']], unset: [] }] });
  assert.equal(ask(site, '/a.css', 'accept-encoding\nbr').body?.file, NAME);
});

test('answer: ranges, while the file is what the client knows', async (t) => {
  const site = await siteOf(t, [{ path: '/a.css' }]);
  assert.equal(ask(site, '/a.css', 'range\nbytes=2-4').header('content-range'), 'bytes 2-4/10');
  assert.equal(ask(site, '/a.css', 'range\nbytes=2-4').headers.includes('cache-control'), false);
  const beyond = ask(site, '/a.css', 'range\nbytes=10-');
  assert.deepEqual([beyond.status, beyond.body, beyond.header('content-range')], [416, undefined, 'bytes */10']);
  assert.equal(ask(site, '/a.css', `range\nbytes=2-4\nif-range\n"${NAME}"`).status, 206);
  for (const condition of [`W/"${NAME}"`, '"other"', 'Thu, 01 Jan 2026 00:00:00 GMT'])
    assert.equal(ask(site, '/a.css', `range\nbytes=2-4\nif-range\n${condition}`).status, 200);
  assert.equal(ask(site, '/a.css', 'range\nbytes=0-1,3-4').status, 200);
});

test('answer: an empty file has no body to send', async (t) => {
  const site = await siteOf(t, [{ path: '/a.css', size: 0 }]);
  assert.deepEqual([ask(site, '/a.css').status, ask(site, '/a.css').body], [200, undefined]);
});

test('answer: what is written in names and rules stays on this host', async (t) => {
  const redirects = {
    static: [],
    dynamic: [
      { from: '/go/*', to: '/:splat', status: 302 },
      { from: '/away/*', to: 'https://:splat.example/', status: 302 },
    ],
  };
  const site = await siteOf(t, [{ path: '/page.html', type: 'text/html' }], { redirects });
  for (const path of ['/go//evil.example/', '/go/%2f%2fevil.example', '/go/\\evil.example'])
    assert.match(String(ask(site, path).header('location')), /^\/(?![/\\])/, path);
  assert.equal(ask(site, '//page.html').header('location'), '/page');
  assert.equal(ask(site, '/%2f%2fpage.html').header('location'), '/page');
});

test('load: a list that is not there or of another version is told', async (t) => {
  const dir = folder(t);
  const site = new AssetSite({ bundleDir: dir, compatibilityDate: '2026-01-01', compatibilityFlags: [] as string[] } as unknown as AppRecord, SETTINGS);
  await assert.rejects(site.load(), { code: 'ENOENT' });
  writeFileSync(join(dir, ASSETS_FILE), '{"version":2}');
  await assert.rejects(site.load(), /version 2/);
});

test('files: keeps small ones within its bound, the least recently used go first', async (t) => {
  const dir = folder(t);
  mkdirSync(join(dir, ASSETS_DIR));
  const names = ['1', '2', '3', '4'].map((digit) => digit.repeat(32));
  for (const name of names) writeFileSync(join(dir, ASSETS_DIR, name), randomBytes(100));
  const files = new AssetFiles(300);
  const [one = '', two = '', three = '', four = ''] = names;
  for (const name of [one, two, three]) await files.read(dir, name);
  assert.equal(files.peek(dir, one)?.length, 100);
  await Promise.all([files.read(dir, four), files.read(dir, four)]);
  assert.deepEqual([files.bytes, files.peek(dir, two), files.peek(dir, one)?.length, files.peek(dir, four)?.length], [300, undefined, 100, 100]);
  assert.equal(files.isKept(301), false);
});

test('files: a name that was not made from a content opens nothing', async (t) => {
  const files = new AssetFiles(300);
  for (const name of ['../assets.json', 'passwd', '', `${NAME}/../x`, `${NAME}.br/`, `${NAME}\0`]) {
    assert.throws(() => files.peek(folder(t), name), /no name of an asset/);
    await assert.rejects(async () => files.stream('/', name, 0, 1), /no name of an asset/);
  }
});
