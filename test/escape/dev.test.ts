/** `nano dev`, and what attacks a developer: pages in the same browser, hosts of the same network, packages and projects of strangers. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { answering, folder, put } from '../support/folder.ts';
import { NanoProcess, suiteOwner } from '../support/nano-process.ts';
import { RawClient, rawRequest, send } from '../support/request.ts';
import { dev, type TestServer } from '../support/server.ts';

const APP = `export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === '/throw') {
      const error = new TypeError('</title><script>alert(1)</script> ' + request.headers.get('x-evil'));
      error.name = '<img src=x onerror=alert(2)>';
      throw error;
    }
    console.log('reached', pathname);
    return new Response('app ' + pathname);
  },
  scheduled({ cron }) {
    console.log('scheduled', cron);
  },
};
`;
const CONFIG = JSON.stringify({
  name: 'app',
  main: 'index.js',
  compatibility_date: '2026-10-01',
  routes: ['shop.example/api/*', '*.shop.example/*', '*/*'],
});
const HANDSHAKE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const SCHEDULED = '/cdn-cgi/handler/scheduled';

suite('a page in the browser, a host of the network', () => {
  const owner = suiteOwner();
  let server: TestServer;
  before(async () => {
    server = await dev(owner, folder({ 'index.js': APP, 'wrangler.json': CONFIG }), ['--allowed-host', 'Tunnel.example']);
  });

  /** What the app has been asked for since. */
  const reached = (mark: number): unknown[] => server.process.lines.slice(mark).flatMap(({ event, msg }) => (event === 'console' ? [msg] : []));

  test('the network: nobody but this machine can connect', async () => {
    const addresses = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter(({ internal, family }) => !internal && family === 'IPv4'));
    for (const { address } of addresses) {
      const code = await new Promise((resolve) => {
        const socket = connect(server.port, address, () => resolve('connected')).on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
        socket.on('connect', () => socket.destroy());
      });
      assert.equal(code, 'ECONNREFUSED', address);
    }
  });

  test('DNS rebinding: by the name of a stranger nothing of the app is to be had, not even its errors', async () => {
    const { mark } = server;
    const strangers = ['evil.example', `evil.example:${server.port}`, 'localhost.evil.example', '127.0.0.1.evil.example', 'notlocalhost', 'EVIL.example.'];
    for (const host of strangers) {
      for (const path of ['/', '/throw', `${SCHEDULED}?cron=${host}`, '/cdn-cgi/handler/none']) {
        const { status, text } = await send(server.port, { path, headers: { host, accept: 'text/html' } });
        assert.deepEqual([status, /at Object|index\.js|<img|app \//.test(text)], [404, false], `${host}${path}`);
        assert.match(text, /nano dev does not know the host /);
      }
      assert.match(await rawRequest(server.port, `GET / HTTP/1.1\r\nHost: ${host}\r\n${HANDSHAKE}\r\n`), /^HTTP\/1\.1 404 /);
    }
    assert.match(await rawRequest(server.port, 'GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 404 /);
    for (const heads of [
      '',
      'Host: \r\n',
      'Host: localhost, evil.example\r\n',
      'Host: localhost\r\nHost: evil.example\r\n',
      'Host: evil.example@localhost\r\n',
    ])
      assert.match(await rawRequest(server.port, `GET / HTTP/1.1\r\n${heads}Connection: close\r\n\r\n`), /^HTTP\/1\.1 400 /);
    assert.deepEqual(reached(mark), []);
  });

  test('its own names: this machine, addresses, the hosts of its routes, and what the developer allows', async () => {
    const own = [
      'localhost',
      `LOCALHOST:${server.port}`,
      'app.localhost',
      '127.0.0.1',
      '[::1]:1',
      '192.168.0.7',
      'shop.example',
      'www.shop.example',
      'tunnel.example',
    ];
    for (const host of own) assert.equal((await send(server.port, { path: '/x', headers: { host } })).text, 'app /x', host);
    const wrong = await new NanoProcess(['dev', '--port', '0', '--allowed-host', 'a b'], { cwd: folder({ 'index.js': APP }) }).ended;
    assert.deepEqual([wrong.code, wrong.stderr.split('\n')[0]], [2, 'nano: --allowed-host "a b" is not a host name']);
  });

  test('the scheduled handler: is run for the developer, and for no page of another site', async () => {
    const host = `localhost:${server.port}`;
    const { mark } = server;
    const foreign: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-user': '?1' },
      // Another port of this machine is another project.
      { 'sec-fetch-site': 'same-site', origin: 'http://localhost:3000' },
      { origin: 'https://evil.example' },
      { origin: 'http://localhost' },
      { origin: `http://evil.example//${host}x` },
      { origin: 'null' },
    ];
    for (const headers of foreign) {
      for (const method of ['GET', 'POST', 'HEAD']) {
        for (const path of [SCHEDULED, '/__scheduled', '/cdn-cgi/mf/scheduled'])
          assert.equal((await send(server.port, { path, method, headers: { host, ...headers } })).status, 403, JSON.stringify(headers));
      }
    }
    assert.deepEqual(reached(mark), []);
    const own: Record<string, string>[] = [
      {},
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'same-origin', origin: `http://${host}` },
      { origin: `http://${host}` },
    ];
    for (const headers of own) assert.equal((await send(server.port, { path: `${SCHEDULED}?cron=own`, headers: { host, ...headers } })).text, 'ok');
    await server.line({ event: 'console', msg: 'scheduled own' }, mark);
  });

  test('routes of its own it has no other: no files, no sources, no inspector, no logs, no admin port', async () => {
    const paths = ['/@fs/etc/passwd?raw??', '/.dev.vars', '/wrangler.json', '/index.js', '/index.js.map', '/.nano/payers.json', '/json/version', '/__inspect'];
    paths.push('/healthz', '/metrics', '/apps', '/data', '/cdn-cgi/explorer/api', '/cdn-cgi/mf/reload', '/..%2f..%2fetc%2fpasswd');
    for (const path of paths) assert.equal((await server.get('app', path)).text, `app ${path.split('?')[0]}`);
    assert.equal(server.adminPort, 0);
  });

  test('error pages: what the attacker has a say in is text', async () => {
    const { text } = await server.get('app', '/throw', { headers: { accept: 'text/html', 'x-evil': '"><svg onload=alert(3)>', 'x-request-id': '<b>' } });
    assert.match(text, /^<!doctype html>[\s\S]*&lt;script&gt;alert\(1\)/);
    assert.doesNotMatch(text, /<(?:script|img|svg|b)\b/);
    const server2 = await dev(owner, folder({ 'index.js': 'let x = ; // </pre><script>alert(1)</script>\n' }));
    const broken = await server2.get('app', '/', { headers: { accept: 'text/html' } });
    assert.match(broken.text, /Unexpected[\s\S]*&lt;script&gt;alert/);
    assert.doesNotMatch(broken.text, /<script/);
    assert.doesNotMatch((await send(server2.port, { headers: { host: 'evil.example' } })).text, /Unexpected|alert/);
  });

  test('what is no request, or never ends, holds up nobody', async () => {
    const { mark } = server;
    const inner = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n';
    for (const head of ['Content-Length: 4\r\nTransfer-Encoding: chunked', 'Content-Length: 4\r\nContent-Length: 60', 'Transfer-Encoding: xchunked'])
      assert.match(await rawRequest(server.port, `POST / HTTP/1.1\r\nHost: localhost\r\n${head}\r\n\r\n0\r\n\r\n${inner}`), /^HTTP\/1\.1 400 /, head);
    assert.match(await rawRequest(server.port, `GET / HTTP/1.1\r\nHost: localhost\r\nx: ${'v'.repeat(1 << 20)}\r\n\r\n`), /^HTTP\/1\.1 431 |^$/);
    const slow = Array.from({ length: 200 }, () => new RawClient(server.port));
    for (const client of slow) client.write('GET / HTTP/1.1\r\nHost: localhost\r\nx: ');
    const flooding = new RawClient(server.port);
    flooding.socket.pause();
    flooding.write('GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(5000));
    assert.equal((await server.get('app', '/me')).text, 'app /me');
    for (const client of [flooding, ...slow]) client.destroy();
    assert.ok(!reached(mark).includes('reached /smuggled'));
  });
});

test('connections: more than the process may have open leave room for the developer', { skip: process.platform !== 'linux' }, async (t) => {
  const server = await dev(t, folder({ 'index.js': answering('fine') }), [], { descriptors: 256 });
  const idle = Array.from({ length: 400 }, () => new RawClient(server.port));
  t.after(() => {
    for (const client of idle) client.destroy();
  });
  assert.equal((await server.get('app')).text, 'fine');
});

test('an app that loops, hoards or takes a thread: the next save is served', async (t) => {
  const hostile = `const kept = [];
export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/loop') for (;;);
    if (pathname === '/hoard') for (;;) kept.push(new Array(1e5).fill({}));
    if (pathname === '/sort') Array.from({ length: 1e6 }, () => ({})).sort(() => { for (;;); });
    if (pathname === '/throw') throw new Error('x'.repeat(5e7));
    return new Response('hostile');
  },
};`;
  const config = JSON.stringify({ name: 'app', main: 'index.js', compatibility_date: '2026-10-01', limits: { cpu_ms: 50 } });
  const dir = folder({ 'index.js': hostile, 'wrangler.json': config });
  const server = await dev(t, dir);
  for (const path of ['/loop', '/hoard', '/sort', '/throw']) {
    const { status, text } = await server.get('app', path);
    assert.deepEqual([status >= 500, text.length < 100_000], [true, true], path);
  }
  const { mark } = server;
  put(dir, { 'index.js': answering('good') });
  await server.line({ msg: 'reloaded' }, mark);
  assert.equal((await server.get('app')).text, 'good');
});

test('a configuration that is hostile or half written: each is told of, and the last good version goes on', async (t) => {
  const good = { name: 'app', main: 'index.js', compatibility_date: '2026-10-01' };
  const dir = folder({ 'index.js': answering('fine'), 'wrangler.json': JSON.stringify(good) });
  const server = await dev(t, dir);
  const evil = '\u001b[2J\u009b31m\u202e';
  const configs = [
    JSON.stringify(good).slice(0, -3),
    '[]',
    `{"name":"app","__proto__":{"main":"index.js"}}`,
    '['.repeat(100_000),
    JSON.stringify({ ...good, main: `../${evil}` }),
    JSON.stringify({ ...good, name: evil }),
    JSON.stringify({ ...good, vars: 7 }),
    JSON.stringify({ ...good, main: '/dev/zero' }),
  ];
  for (const config of configs) {
    const { mark } = server;
    put(dir, { 'wrangler.json': config });
    await server.line({ level: 'error', app: 'app' }, mark);
    assert.equal((await server.get('app')).text, 'fine', config.slice(0, 80));
  }
  const { mark } = server;
  put(dir, { 'wrangler.json': JSON.stringify(good), 'index.js': answering('better') });
  await server.line({ msg: 'reloaded' }, mark);
  assert.equal((await server.get('app')).text, 'better');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  assert.doesNotMatch(server.process.stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

test('static files: of a folder that is the whole project nothing secret is served, nor what a link leads to', async (t) => {
  const outside = folder({ 'secret.txt': 'SECRET' });
  const files = [
    '.dev.vars',
    '.dev.vars.production',
    '.env',
    '.env.local',
    '.git/config',
    'node_modules/p/index.js',
    '.nano/x',
    '.wrangler/x',
    'wrangler.json',
  ];
  const dir = folder({ ...Object.fromEntries(files.map((file) => [file, 'A=SECRET'])), 'ok.txt': 'ok' });
  put(dir, { 'wrangler.json': JSON.stringify({ name: 'app', compatibility_date: '2026-10-01', vars: { A: 'SECRET' }, assets: { directory: '.' } }) });
  symlinkSync(outside, join(dir, 'linked'));
  symlinkSync(join(outside, 'secret.txt'), join(dir, 'linked.txt'));
  const server = await dev(t, dir);
  assert.equal((await server.get('app', '/ok.txt')).text, 'ok');
  const up = join('/..'.repeat(10), outside, 'secret.txt');
  const tricks = [
    '/linked/secret.txt',
    '/linked.txt',
    '/.DEV.VARS',
    '/%2edev.vars',
    '/x/..%2f.dev.vars',
    '//.dev.vars',
    '/.dev.vars%00.txt',
    '/.dev.vars/',
    '/ok.txt/../.dev.vars',
    up,
  ];
  for (const path of [...files.map((file) => `/${file}`), ...tricks, up.replaceAll('/', '%2f'), up.replaceAll('/', '%5c')]) {
    const answer = await rawRequest(server.port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 (?:3|4)\d\d /, path);
    assert.doesNotMatch(answer, /SECRET/, path);
  }
});

/** Runs programs on a terminal of their own. */
const hasScript = ((): boolean => {
  try {
    return process.platform === 'linux' && execFileSync('script', ['--version']).includes('util-linux');
  } catch {
    return false;
  }
})();

test('the terminal: names of a project do not steer it, and when it is closed the server ends', { skip: !hasScript }, async (t) => {
  const evil = 'dist\u001b[2J\u009b31m\u202e';
  const dir = folder({
    'wrangler.json': JSON.stringify({ name: 'app', main: 'src/index.ts', compatibility_date: '2026-10-01' }),
    [`${evil}/wrangler.json`]: JSON.stringify({ name: 'app', main: 'index.js', no_bundle: true, compatibility_date: '2026-10-01' }),
    [`${evil}/index.js`]: answering('fine'),
    '.wrangler/deploy/config.json': JSON.stringify({ configPath: `../../${evil}/wrangler.json` }),
  });
  const nano = fileURLToPath(new URL('../../bin/nano.js', import.meta.url));
  const terminal = spawn('script', ['-qefc', `"${process.execPath}" "${nano}" dev --port 0`, '/dev/null'], {
    cwd: dir,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  t.after(() => terminal.kill('SIGKILL'));
  let text = '';
  await new Promise<void>((resolve) => {
    terminal.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (/as the last build .*\r\n/.test(text)) resolve();
    });
    terminal.on('close', () => resolve());
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  assert.doesNotMatch(text, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202e]/);
  const port = Number(/is on http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1]);
  assert.equal((await send(port, { headers: { host: 'localhost' } })).text, 'fine');
  terminal.kill('SIGKILL');
  while (await send(port, { headers: { host: 'localhost' } }).catch(() => undefined));
});
