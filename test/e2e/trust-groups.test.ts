/** Apps of several trust groups on one port: processes of their own, and a front that must not be noticed. */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { folder, put } from '../support/folder.ts';
import { Load } from '../support/load.ts';
import { RawClient, rawRequest, send } from '../support/request.ts';
import { serve, type TestServer } from '../support/server.ts';

const CODE = (name: string): string => `
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    switch (pathname) {
      case '/headers': return Response.json({ url: request.url, headers: Object.fromEntries(request.headers) });
      case '/echo': return new Response(request.body);
      case '/size': return new Response(String((await request.arrayBuffer()).byteLength));
      case '/unread': return new Response('unread');
      case '/secret': return new Response(env.SECRET);
      case '/slow': console.log('in flight'); await scheduler.wait(60_000); return new Response('late');
      case '/endless': {
        const text = new TextEncoder();
        return new Response(new ReadableStream({
          start(controller) { controller.enqueue(text.encode('first')); setInterval(() => {}, 60_000); },
        }), { headers: { 'content-type': 'text/event-stream' } });
      }
      case '/ws': {
        const { 0: client, 1: server } = new WebSocketPair();
        server.accept();
        server.addEventListener('message', ({ data }) => server.send('${name} ' + data));
        return new Response(null, { status: 101, webSocket: client });
      }
      default: return new Response('${name}');
    }
  },
};
`;

const app = (name: string, group?: string): Record<string, string> => ({
  [`${name}/wrangler.jsonc`]: JSON.stringify({ name, main: 'index.js', compatibility_date: '2026-01-01', ...(group && { trust_group: group }) }),
  [`${name}/index.js`]: CODE(name),
  [`${name}/.dev.vars`]: `SECRET=secret of ${name}\n`,
});

const pidOf = async (server: TestServer, group: string, from = 0): Promise<number> =>
  Number((await server.line({ msg: 'engine listens', group }, from))['pid']);

const socketTo = async (server: TestServer, name: string): Promise<WebSocket> => {
  const ws = new WebSocket(`ws://127.0.0.1:${server.port}/ws`, { headers: { host: `${name}.localhost` } });
  await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject));
  return ws;
};
const ask = (ws: WebSocket, text: string): Promise<string> =>
  new Promise((resolve) => {
    ws.once('message', (data) => resolve(String(data)));
    ws.send(text);
  });

test('trust groups: two groups on one port', async (t) => {
  const server = await serve(t, folder({ ...app('alpha'), ...app('beta', 'guests') }), ['--log-level', 'debug']);

  await t.test('each group has an engine of its own, and its apps are all it knows', async () => {
    assert.notEqual(await pidOf(server, 'default'), await pidOf(server, 'guests'));
    const apps = JSON.parse((await server.admin('/apps')).text) as { apps: { name: string; group: string }[] };
    assert.deepEqual(
      apps.apps.map(({ name, group }) => [name, group]),
      [
        ['alpha', 'default'],
        ['beta', 'guests'],
      ],
    );
    assert.equal(await server.metric('nano_engines', { state: 'listening', group: 'guests' }), 1);
    assert.equal(await server.metric('nano_fronts', { state: 'listening' }), 1);
  });

  await t.test('one connection carries requests for both', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    for (const name of ['alpha', 'beta', 'alpha', 'beta'])
      assert.equal((await send(server.port, { headers: { host: `${name}.localhost` }, agent })).text, name);
    assert.equal(Object.values(agent.freeSockets).flat().length, 1);
    const both = await rawRequest(
      server.port,
      'GET / HTTP/1.1\r\nhost: alpha.localhost\r\n\r\nPOST /size HTTP/1.1\r\nhost: beta.localhost\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\nhost: beta.localhost\r\nconnection: close\r\n\r\n',
    );
    assert.deepEqual(
      [...both.matchAll(/\r\n\r\n(?:\d+\r\n)?(alpha|beta|3)/g)].map((match) => match[1]),
      ['alpha', '3', 'beta'],
    );
  });

  await t.test('the client and the request id are who they are, as without a front', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.7, 203.0.113.9', 'x-real-ip': '203.0.113.9', 'x-forwarded-proto': 'https', 'x-request-id': 'mine' };
    const { text, headers: back } = await server.get('beta', '/headers', { headers });
    const seen = JSON.parse(text) as { url: string; headers: Record<string, string> };
    assert.equal(seen.url, 'https://beta.localhost/headers');
    assert.equal(seen.headers['cf-connecting-ip'], '203.0.113.9');
    assert.equal(seen.headers['x-forwarded-for'], '198.51.100.7, 203.0.113.9');
    assert.deepEqual([seen.headers['x-request-id'], back['x-request-id']], ['mine', 'mine']);
    const plain = JSON.parse((await server.get('beta', '/headers')).text) as typeof seen;
    assert.equal(plain.headers['cf-connecting-ip'], '127.0.0.1');
    assert.deepEqual(
      await rawRequest(server.port, 'GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n').then((text) => text.slice(0, 12)),
      'HTTP/1.1 400',
    );
    assert.equal((await server.get('gamma')).status, 404);
  });

  await t.test('bodies stream both ways', async () => {
    const bytes = Buffer.alloc(3_000_000, 'abcdefg');
    const { bytes: back } = await server.get('beta', '/echo', { body: bytes });
    assert.ok(back.equals(bytes));
    const head = await server.get('alpha', '/', { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers['content-length'], head.text], [200, '5', '']);
    const unasked = new RawClient(server.port);
    unasked.write('POST /size HTTP/1.1\r\nhost: beta.localhost\r\ncontent-length: 5\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n');
    await unasked.until(/^HTTP\/1.1 100 Continue\r\n\r\n/);
    unasked.write('hello');
    await unasked.until(/200 OK[\s\S]*\r\n\r\n5$/);
    const refused = await rawRequest(
      server.port,
      'POST /size HTTP/1.1\r\nhost: beta.localhost\r\ncontent-length: 999999999999\r\nexpect: 100-continue\r\n\r\n',
    );
    assert.match(refused, /^HTTP\/1.1 413 /);
    const unread = await server.get('beta', '/unread', { body: bytes.subarray(0, 200_000) });
    assert.equal(unread.text, 'unread');
    const get = await rawRequest(
      server.port,
      'GET /size HTTP/1.1\r\nhost: beta.localhost\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    );
    assert.match(get, /\r\n\r\n2$/);
  });

  await t.test('a client that goes away is gone for the app', async () => {
    const mark = server.mark;
    const call = request({ host: '127.0.0.1', port: server.port, path: '/endless', headers: { host: 'beta.localhost' }, agent: false });
    call.on('error', () => {});
    await new Promise<void>((resolve) => {
      call.on('response', (response) => response.on('error', () => {}).once('data', () => resolve()));
      call.end();
    });
    call.destroy();
    await server.line({ event: 'request', path: '/endless', outcome: 'clientClosed' }, mark);
  });

  await t.test('a WebSocket reaches its app', async () => {
    const [one, other] = [await socketTo(server, 'alpha'), await socketTo(server, 'beta')];
    assert.deepEqual([await ask(one, 'x'), await ask(other, 'y')], ['alpha x', 'beta y']);
    const large = 'z'.repeat(500_000);
    assert.equal(await ask(other, large), `beta ${large}`);
    const closed = new Promise((resolve) => other.once('close', (code) => resolve(code)));
    other.close(4001, 'done');
    assert.equal(await closed, 4001);
    one.terminate();
    assert.equal((await server.get('beta', '/ws')).status, 500);
  });

  await t.test('the death of an engine is felt in its group alone', async (t) => {
    const [mine, theirs] = [await pidOf(server, 'default'), await pidOf(server, 'guests')];
    const ws = await socketTo(server, 'alpha');
    const load = new Load(t, server.port, 'alpha.localhost');
    await load.next('200 alpha');
    const mark = server.mark;
    const slow = server.get('beta', '/slow');
    await server.line({ app: 'beta', msg: 'in flight' }, mark);
    process.kill(theirs, 'SIGKILL');
    assert.equal((await slow).status, 500);
    const died = await server.line({ msg: 'engine died' }, mark);
    assert.deepEqual([died['pid'], died['group'], died['inFlight']], [theirs, 'guests', ['beta']]);
    // It waits for the new engine.
    assert.equal((await server.get('beta')).text, 'beta');
    const { errors, answers } = await load.stop();
    assert.deepEqual([errors, [...answers.keys()]], [[], ['200 alpha']]);
    assert.equal(await ask(ws, 'still'), 'alpha still');
    ws.terminate();
    assert.ok(process.kill(mine, 0));
  });

  await t.test('a front that dies is replaced', async () => {
    const mark = server.mark;
    const { pid } = (await server.line({ msg: 'engine listens', role: 'front' })) as { pid: number };
    process.kill(pid, 'SIGKILL');
    assert.equal((await server.line({ msg: 'engine died' }, mark))['role'], 'front');
    assert.equal((await server.get('alpha')).text, 'alpha');
  });

  await t.test('shutdown finishes what is in flight and closes WebSockets in order', async () => {
    const ws = await socketTo(server, 'beta');
    const closed = new Promise((resolve) => ws.once('close', (code) => resolve(code)));
    const idle = connect(server.port, '127.0.0.1').on('error', () => {});
    server.process.signal('SIGTERM');
    assert.equal(await closed, 1012);
    const { code } = await server.process.ended;
    assert.equal(code, 0);
    idle.destroy();
  });
});

test('trust groups: a second group comes and goes without a failed request', async (t) => {
  const dir = folder(app('alpha'));
  const server = await serve(t, dir, ['--log-level', 'debug']);
  const first = await pidOf(server, 'default');
  const kept = new Load(t, server.port, 'alpha.localhost', { clients: 2 });
  const fresh = new Load(t, server.port, 'alpha.localhost', { clients: 2, keepAlive: false });
  await kept.next('200 alpha');
  let mark = server.mark;
  put(dir, app('beta', 'guests'));
  await server.line({ msg: 'live', app: 'beta' }, mark);
  assert.equal((await server.get('beta')).text, 'beta');
  assert.notEqual(await pidOf(server, 'default', mark), first);
  // And to another group still, from which the first engines have gone.
  mark = server.mark;
  put(dir, app('beta', 'others'));
  await server.line({ msg: /live/, app: 'beta' }, mark);
  assert.equal((await server.get('beta')).text, 'beta');
  await pidOf(server, 'others', mark);
  for (const load of [kept, fresh]) {
    await load.next('200 alpha');
    const { errors, answers } = await load.stop();
    assert.deepEqual([errors, [...answers.keys()]], [[], ['200 alpha']]);
  }
});

test('trust groups: the operator decides who is in a group', async (t) => {
  const dir = folder({
    ...app('shop'),
    ...app('intruder', 'own'),
    ...app('stranger'),
    'nano.jsonc': JSON.stringify({ engines: 1, trust_groups: { own: { apps: ['shop'] } }, cordon: true }),
  });
  const server = await serve(t, dir, ['--log-level', 'debug', '--config', 'nano.jsonc']);
  const { apps } = JSON.parse((await server.admin('/apps')).text) as { apps: { name: string; group: string }[] };
  assert.deepEqual(
    apps.map(({ name, group }) => `${name} ${group}`),
    ['intruder untrusted', 'shop own', 'stranger untrusted'],
  );
  for (const name of ['shop', 'intruder', 'stranger']) assert.equal((await server.get(name)).text, name);
  const refused = await server.line({ level: 'warn', app: 'intruder', asked: 'own' });
  assert.equal(refused['given'], 'untrusted');
  const mark = server.mark;
  put(dir, { 'nano.jsonc': JSON.stringify({ engines: 1, trust_groups: { own: { apps: ['shop'], engines: 2 } }, cordon: true }) });
  server.process.signal('SIGHUP');
  assert.deepEqual((await server.line({ msg: 'some changes need a restart' }, mark))['keys'], ['trust_groups.own']);
});
