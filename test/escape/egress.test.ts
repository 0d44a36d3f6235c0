/** Where apps may connect to: under `serve` nowhere private, unless a list says so. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, suite, test } from 'node:test';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { dev, serve, type TestServer } from '../support/server.ts';

const FETCHING = `export default {
  async fetch(request) {
    const to = new URL(request.url).searchParams.get('to');
    const times = Number(new URL(request.url).searchParams.get('times') ?? 1);
    const results = [];
    for (let i = 0; i < times; i++) {
      results.push(await fetch(to).then((response) => response.text(), (error) => 'refused: ' + error.message));
    }
    return new Response(results.join());
  },
};`;

suite('egress', () => {
  const owner = suiteOwner();
  let upstream: Server;
  let port: number;
  let closed: TestServer;
  /** Its operator lets apps reach 127.0.0.1. */
  let opened: TestServer;
  before(async () => {
    upstream = createServer((request, response) => {
      const { pathname, search } = new URL(request.url ?? '', 'http://upstream');
      if (pathname === '/redirect') response.writeHead(302, { location: `http://${search.slice(1)}:${port}/` }).end();
      else response.end('secret');
    });
    await new Promise<void>((resolve) => upstream.listen(0, resolve));
    port = (upstream.address() as { port: number }).port;
    const config = (name: string, more: object): string => JSON.stringify({ name, main: 'index.js', compatibility_date: '2026-10-01', ...more });
    const apps = {
      'any.js': FETCHING,
      'listed/index.js': FETCHING,
      'listed/wrangler.jsonc': config('listed', { egress: { allow: ['127.0.0.1', '127.0.0.2'] }, limits: { subrequests: 3 } }),
      'denied/index.js': FETCHING,
      'denied/wrangler.jsonc': config('denied', { egress: { deny: ['127.0.0.1'] } }),
    };
    closed = await serve(owner, folder(apps));
    opened = await serve(owner, folder({ ...apps, 'nano.jsonc': '{ "egress": { "allow": ["127.0.0.1"] } }' }));
  });
  after(() => upstream.close());
  const fetched = async (server: TestServer, app: string, to: string, times = 1): Promise<string> =>
    (await server.get(app, `/?to=${encodeURIComponent(to)}&times=${times}`)).text;

  test('loopback, private, link-local and metadata addresses are refused, however they are written', async () => {
    const own = ['127.0.0.1', 'localhost', '[::1]', '127.1', '2130706433', '0x7f000001', '0.0.0.0', '[::ffff:127.0.0.1]'];
    const others = ['10.0.0.1', '192.168.0.1', '172.16.0.1', '169.254.169.254', '[fe80::1]', '[fd00::1]', '100.64.0.1'];
    for (const host of [...own, ...others]) assert.match(await fetched(closed, 'any', `http://${host}:${port}/`), /^refused: /, host);
  });

  test("an app's own list opens nothing private", async () => {
    assert.match(await fetched(closed, 'listed', `http://127.0.0.1:${port}/`), /^refused: /);
  });

  test("the operator's list opens what it names and no more, also behind a redirect", async () => {
    assert.equal(await fetched(opened, 'any', `http://127.0.0.1:${port}/`), 'secret');
    assert.equal(await fetched(opened, 'any', `http://127.0.0.1:${port}/redirect?127.0.0.1`), 'secret');
    assert.match(await fetched(opened, 'any', `http://127.0.0.1:${port}/redirect?127.0.0.2`), /^refused: /);
    assert.match(await fetched(opened, 'listed', `http://127.0.0.2:${port}/`), /^refused: /);
    assert.match(await fetched(opened, 'denied', `http://127.0.0.1:${port}/`), /^refused: /);
  });

  test('the admin port is closed to apps whatever the lists say', async () => {
    assert.match(await fetched(opened, 'any', `http://127.0.0.1:${opened.adminPort}/apps`), /^refused: /);
  });

  test('subrequests are counted', async () => {
    assert.equal(await fetched(opened, 'listed', `http://127.0.0.1:${port}/`, 4), 'secret,secret,secret,refused: Too many subrequests.');
    await opened.line({ event: 'limit', app: 'listed', limit: 'subrequests' });
  });

  test('nano dev may reach this machine, and no other private one', async (t) => {
    const local = await dev(t, folder({ 'index.js': FETCHING }));
    assert.equal((await local.get('any', `/?to=${encodeURIComponent(`http://127.0.0.1:${port}/`)}`)).text, 'secret');
    assert.match((await local.get('any', `/?to=${encodeURIComponent('http://169.254.169.254/')}`)).text, /^refused: /);
  });
});
