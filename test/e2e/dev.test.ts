/** `nano dev`: what a developer sees after a save, and after a mistake. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { folder, put } from '../support/folder.ts';
import { RawClient } from '../support/request.ts';
import { dev } from '../support/server.ts';
import { check } from '../support/expectation.ts';
import { expectations } from '../worker/apps/rejection-handled/expect.ts';

/** Answers with its version, after it has read the body. */
const reading = (version: string): string => `export default {
  async fetch(request: Request) {
    console.log('reading in ${version}');
    return new Response('${version} ' + await request.text());
  },
};
`;

test('dev: requests in flight finish on the old version', async (t) => {
  const dir = folder({ 'src/index.ts': reading('one') });
  const server = await dev(t, dir);
  const slow = new RawClient(server.port);
  slow.write('POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 4\r\n\r\nab');
  await server.line({ event: 'console', msg: 'reading in one' });
  put(dir, { 'src/index.ts': reading('two') });
  await server.line({ msg: 'reloaded' });
  assert.equal((await server.get('any', '/', { body: 'x' })).text, 'two x');
  slow.write('cd');
  await slow.closed;
  assert.match(slow.received, /one abcd$/);
});

test('dev: a syntax error shows its place, and the last good version goes on', async (t) => {
  const dir = folder({ 'src/index.ts': reading('one') });
  const server = await dev(t, dir);
  put(dir, { 'src/index.ts': 'export default {\n  fetch() { return new Response("x" },\n};\n' });
  const line = await server.line({ level: 'error' });
  assert.match(String(line['frame']), /Expected "\)" but found "}".*src\/index\.ts:2:36/s);
  assert.equal((await server.get('any', '/', { body: 'x' })).text, 'one x');
  put(dir, { 'src/index.ts': reading('two') });
  await server.line({ msg: 'reloaded' });
  assert.equal((await server.get('any', '/', { body: 'x' })).text, 'two x');
});

test('dev: a change of configuration or of .dev.vars is live', async (t) => {
  const config = (vars: object): string => JSON.stringify({ name: 'app', main: 'index.js', compatibility_date: '2026-10-01', vars });
  const dir = folder({ 'index.js': 'export default { fetch: (r, env) => Response.json(env) };', 'wrangler.jsonc': config({ A: 'a', B: 'b' }) });
  const server = await dev(t, dir);
  const env = async (): Promise<unknown> => JSON.parse((await server.get('any')).text);
  assert.deepEqual(await env(), { A: 'a', B: 'b' });
  let mark = server.mark;
  put(dir, { 'wrangler.jsonc': config({ A: 'changed', B: 'b' }) });
  await server.line({ msg: 'reloaded' }, mark);
  assert.deepEqual(await env(), { A: 'changed', B: 'b' });
  mark = server.mark;
  put(dir, { '.dev.vars': 'B=secret\n' });
  await server.line({ msg: 'reloaded' }, mark);
  assert.deepEqual(await env(), { A: 'changed', B: 'secret' });
});

test('dev: a custom build makes the entry, follows its folder, and does not follow itself', async (t) => {
  const lib = (version: number): string => `export default { fetch: () => new Response('version ${version}') };`;
  const dir = folder({
    'wrangler.json': JSON.stringify({
      name: 'app',
      main: 'dist/out.js',
      compatibility_date: '2026-01-01',
      build: { command: 'mkdir -p dist && cp lib/app.js dist/out.js && echo ran >> runs', watch_dir: 'lib' },
    }),
    'lib/app.js': lib(1),
  });
  const server = await dev(t, dir);
  assert.equal((await server.get('any')).text, 'version 1');
  for (const version of [2, 3]) {
    const { mark } = server;
    put(dir, { 'lib/app.js': lib(version) });
    await server.line({ msg: 'reloaded' }, mark);
    assert.equal((await server.get('any')).text, `version ${version}`);
  }
  // A save may be seen while it is half written, and then again.
  const runs = readFileSync(join(dir, 'runs'), 'utf8').split('\n').length - 1;
  assert.ok(runs <= 5, `${runs} runs`);
});

test('dev: what a build tool has made is served, and the next build of it too', async (t) => {
  const made = (text: string): string => `export default { fetch: (request, env) => new Response('${text} ' + env.SECRET) };`;
  const config = (name: string): string => JSON.stringify({ name, main: 'index.js', no_bundle: true, compatibility_date: '2026-01-01' });
  const redirect = (to: string): string => JSON.stringify({ configPath: `../../dist/${to}/wrangler.json` });
  const dir = folder({
    'wrangler.json': JSON.stringify({ name: 'app', main: 'src/index.ts', compatibility_date: '2026-01-01' }),
    'src/index.ts': 'import app from "virtual:framework/app"; export default app;',
    '.dev.vars': 'SECRET=s',
    'dist/one/wrangler.json': config('one'),
    'dist/one/index.js': made('first'),
    'dist/two/wrangler.json': config('two'),
    'dist/two/index.js': made('other'),
    '.wrangler/deploy/config.json': redirect('one'),
  });
  const server = await dev(t, dir);
  assert.equal((await server.get('any')).text, 'first s');
  let mark = server.mark;
  put(dir, { 'dist/one/index.js': made('second') });
  await server.line({ msg: 'reloaded' }, mark);
  assert.equal((await server.get('any')).text, 'second s');
  mark = server.mark;
  put(dir, { '.wrangler/deploy/config.json': redirect('two') });
  await server.line({ app: 'two' }, mark);
  assert.equal((await server.get('any')).text, 'other s');
});

const THROWING = `type Item = { price: number };

export default {
  fetch(): Response {
    const item: Item | undefined = undefined as Item | undefined;
    return explain(item);
  },
};

function explain(item: Item | undefined): Response {
  throw new TypeError('<b>no</b> item', { cause: item });
}
`;

test('dev: an exception is a page for a browser and text for curl, with the stack in the lines of the source', async (t) => {
  const server = await dev(t, folder({ 'src/index.ts': THROWING }));
  const text = await server.get('any');
  assert.deepEqual([text.status, text.headers['content-type']], [500, 'text/plain; charset=UTF-8']);
  assert.match(text.text, /^TypeError: <b>no<\/b> item\n {4}at explain \(src\/index\.ts:11:9\)\n {4}at Object\.fetch \(src\/index\.ts:6:12\)/);
  const page = await server.get('any', '/', { headers: { accept: 'text/html,*/*;q=0.8' } });
  assert.deepEqual([page.status, page.headers['content-type']], [500, 'text/html; charset=UTF-8']);
  assert.match(page.text, /&lt;b&gt;no&lt;\/b&gt; item/);
  assert.match(page.text, /at explain \(src\/index\.ts:11:9\)/);
  assert.doesNotMatch(page.text, /<b>no/);
});

test('dev: a folder, a file and a wrangler file are all an app', async (t) => {
  const dir = folder({
    'index.js': 'export default { fetch: () => new Response("folder") };',
    'one.ts': 'export default { fetch: () => new Response("file" as string) };',
    'sub/wrangler.toml': 'name = "toml"\nmain = "../one.ts"\ncompatibility_date = "2026-10-01"\n',
  });
  const answers = await Promise.all(['.', 'one.ts', 'sub/wrangler.toml'].map(async (path) => (await (await dev(t, dir, [path])).get('any')).text));
  assert.deepEqual(answers, ['folder', 'file', 'file']);
});

test('dev: the scheduled handler is run by hand', async (t) => {
  const dir = folder({
    'index.js': `export default {
  async scheduled(controller, env, ctx) {
    if (controller.cron === 'bad') throw new Error('not today');
    ctx.waitUntil(Promise.resolve().then(() => console.log(controller.cron, controller.scheduledTime, controller.type)));
  },
};
`,
  });
  const server = await dev(t, dir);
  const { status, text } = await server.get('any', '/cdn-cgi/handler/scheduled?cron=*/5+*+*+*+*&time=123');
  assert.deepEqual([status, text], [200, 'ok']);
  await server.line({ event: 'console', msg: '*/5 * * * * 123 scheduled' });
  const failed = await server.get('any', '/cdn-cgi/handler/scheduled?cron=bad');
  assert.equal(failed.status, 500);
  assert.match(failed.text, /^Error: not today\n {4}at Object\.scheduled \(index\.js:3:/);
  for (const time of ['soon', '1.5', '9e15']) {
    const refused = await server.get('any', `/cdn-cgi/handler/scheduled?time=${time}`);
    assert.equal(refused.status, 400);
    assert.match(refused.text, /^"time" is not a number of milliseconds since 1970\n/);
  }
  assert.equal((await server.get('any', '/cdn-cgi/mf/scheduled?cron=*')).text, 'ok');
  const other = await server.get('any', '/cdn-cgi/handler/email?from=a');
  assert.deepEqual([other.status, /"\/cdn-cgi\/handler\/email" is not a valid handler/.test(other.text)], [404, true]);
});

test('dev: promises that are handled late are told of as under nano serve', async (t) => {
  const server = await dev(t, fileURLToPath(new URL('../worker/apps/rejection-handled', import.meta.url)));
  for (const expected of expectations) await check(server, 'any', expected);
});
