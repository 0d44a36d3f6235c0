/**
 * Apps and clients that open all they can, where the server may have few descriptors: an app gets a part of them, clients that
 * ask nothing make room for others, a neighbour is served all the while, and all of it is closed in the end.
 */
import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { after, before, suite, type TestContext, test } from 'node:test';
import { descriptorsOf, HAS_PRLIMIT } from '../support/descriptors.ts';
import { answering, folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { only } from '../support/processes.ts';
import { RawClient } from '../support/request.ts';
import { serve, type TestServer } from '../support/server.ts';

const DESCRIPTORS = 400;
/** Of one request, beside the limit of subrequests; and requests that do it. */
const EACH = 60;
const REQUESTS = 5;
const TOO_MANY = 'Too many connections and files are open at the same time.';

const ATTACKER = `import { connect } from 'cloudflare:sockets';
const kept = [];
const opens = {
  fetch: (env, port) => fetch('http://127.0.0.1:' + port + '/'),
  connect: async (env, port) => { const socket = connect('127.0.0.1:' + port); await socket.opened; return socket; },
  websocket: async (env, port) => { const { webSocket } = await fetch('http://127.0.0.1:' + port + '/', { headers: { upgrade: 'websocket' } }); webSocket.accept(); return webSocket; },
  r2: ({ BUCKET }) => BUCKET.get('large'),
  kv: ({ KV }) => KV.get('large', 'stream'),
  cache: () => caches.default.match('http://cache/large'),
  asset: ({ ASSETS }) => ASSETS.fetch('http://assets/large.bin'),
  upload: ({ BUCKET }) => {
    const { readable, writable } = new FixedLengthStream(1_000_000);
    const writer = writable.getWriter();
    const put = BUCKET.put('upload', readable);
    // What is there of it is in the file, and the rest never comes.
    return Promise.race([put, writer.write(new Uint8Array(300_000)).then(() => new Promise(() => kept.push(writer))), scheduler.wait(300)]);
  },
};
const forEver = (text) => new Response(new ReadableStream({ start: (c) => c.enqueue(new TextEncoder().encode(text)), pull: () => new Promise(() => kept.push(setTimeout(() => {}, 1e6))) }));
export default { async fetch(request, env) {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === '/put') {
    // Larger than what is kept in memory where it is read again and again.
    const large = new Uint8Array(17_000_000);
    await Promise.all([env.BUCKET.put('large', large), env.KV.put('large', large), caches.default.put('http://cache/large', new Response(large, { headers: { 'cache-control': 'max-age=600' } }))]);
    return new Response('put');
  }
  if (pathname === '/hang') return forEver('hanging');
  if (pathname === '/socket') { const [client, server] = Object.values(new WebSocketPair()); server.accept(); return new Response(null, { status: 101, webSocket: client }); }
  const open = opens[pathname.slice(1)];
  const outcomes = { opened: 0, refused: 0, others: [] };
  await Promise.all(Array.from({ length: ${EACH} }, async () => {
    try { kept.push(await open(env, searchParams.get('port'))); outcomes.opened++; }
    catch ({ message }) { if (message.includes('${TOO_MANY}')) outcomes.refused++; else outcomes.others.push(message); }
  }));
  return forEver('<' + JSON.stringify(outcomes) + '>');
} };`;
const NEIGHBOUR = `export default { async fetch(request, { KV }) {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === '/kv') { await KV.put('key', 'value'); return new Response(await KV.get('key')); }
  if (pathname === '/fetch') { const response = await fetch('http://127.0.0.1:' + searchParams.get('port') + '/'); await response.body.cancel(); return new Response(String(response.status)); }
  return new Response('fine');
} };`;
const limits = { wait_until_ms: 100 };
const FILES = {
  'attacker/index.js': ATTACKER,
  'attacker/public/large.bin': new Uint8Array(20_000_000),
  'attacker/wrangler.json': JSON.stringify({
    name: 'attacker',
    main: 'index.js',
    compatibility_date: '2026-10-01',
    assets: { directory: 'public', binding: 'ASSETS' },
    kv_namespaces: [{ binding: 'KV', id: 'attackers' }],
    r2_buckets: [{ binding: 'BUCKET' }],
    nano: { limits },
  }),
  'neighbour/index.js': NEIGHBOUR,
  'neighbour/wrangler.json': JSON.stringify({
    name: 'neighbour',
    main: 'index.js',
    compatibility_date: '2026-10-01',
    kv_namespaces: [{ binding: 'KV', id: 'neighbours' }],
  }),
  'nano.jsonc': '{ "egress": { "allow": ["127.0.0.1"] } }',
};
const COLD = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`cold-${at}.js`, answering('cold')]));

/** Sends the head of an answer, and never the rest; or shakes hands for a WebSocket. */
function upstream(): Promise<Server> {
  const server = createServer((socket: Socket) => {
    socket
      .on('error', () => {})
      .once('data', async (head) => {
        const key = /sec-websocket-key: (.*)\r/i.exec(String(head))?.[1];
        if (key === undefined) return void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nbeginning');
        const { createHash } = await import('node:crypto');
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        // The first frame is the one that closes.
        socket.once('data', () => socket.destroy());
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
      });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const GET = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: attacker.localhost\r\n${more}\r\n`;
const HANDSHAKE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

/** They leave with the test, however it ends. */
function clients(t: TestContext, { port }: TestServer, count: number, text: string): RawClient[] {
  const all = Array.from({ length: count }, () => new RawClient(port));
  t.after(() => leave(all));
  if (text !== '') for (const client of all) client.write(text);
  return all;
}

function leave(all: readonly RawClient[]): void {
  for (const client of all) client.destroy();
}

type Outcome = { opened: number; refused: number; others: string[] };

/** A request that comes when the app has all it may have is refused as a whole. */
function outcomeOf(text: string): Outcome {
  const said = /<(.*)>/.exec(text)?.[1];
  return said === undefined ? { opened: 0, refused: EACH, others: [] } : (JSON.parse(said) as Outcome);
}

suite('descriptors', { skip: !HAS_PRLIMIT }, () => {
  const owner = suiteOwner();
  let server: TestServer;
  let elsewhere: Server;
  let port = 0;
  let cold = 0;
  before(async () => {
    elsewhere = await upstream();
    ({ port } = elsewhere.address() as { port: number });
    server = await serve(owner, folder({ ...FILES, ...COLD }), [], { descriptors: DESCRIPTORS });
    assert.equal((await server.get('attacker', '/put')).text, 'put');
    await neighbourIsServed();
  });
  after(() => elsewhere.close());

  async function neighbourIsServed(): Promise<void> {
    assert.equal((await server.get('neighbour')).text, 'fine');
    assert.equal((await server.get('neighbour', '/kv')).text, 'value');
    assert.equal((await server.get('neighbour', `/fetch?port=${port}`)).text, '200');
    assert.equal((await server.get(`cold-${cold++}`)).text, 'cold');
  }

  /** Whatever the attack has opened is closed: in some steps, and without end if not. */
  async function isBack(pid: number, level: number): Promise<void> {
    while (descriptorsOf(pid) > level) assert.equal((await server.get('neighbour')).text, 'fine');
  }

  for (const way of ['fetch', 'connect', 'websocket', 'r2', 'kv', 'cache', 'asset', 'upload']) {
    test(`an app that opens as much as it can: ${way}`, async (t) => {
      const pid = only(server, 'engine');
      const level = descriptorsOf(pid) + 8;
      const attack = clients(t, server, REQUESTS, GET(`/${way}?port=${port}`));
      const outcomes = (await Promise.all(attack.map((client) => client.until(/<.*>|error code: 9506/)))).map(outcomeOf);
      const opened = outcomes.reduce((sum, outcome) => sum + outcome.opened, 0);
      const refused = outcomes.reduce((sum, outcome) => sum + outcome.refused, 0);
      assert.deepEqual([opened + refused, outcomes.flatMap(({ others }) => others)], [EACH * REQUESTS, []]);
      assert.ok(opened > 60 && refused > 60, `${opened} opened, ${refused} refused`);
      assert.ok(descriptorsOf(pid) < DESCRIPTORS * 0.7, `${descriptorsOf(pid)} descriptors`);
      await neighbourIsServed();
      leave(attack);
      await isBack(pid, level);
    });
  }

  const held: Readonly<Record<string, [head: string, begun: RegExp]>> = {
    'answers that never end': [GET('/hang'), /hanging/],
    'large files that nobody reads': [GET('/large.bin'), /200 OK/],
    WebSockets: [GET('/socket', HANDSHAKE), /101 Switching/],
  };
  for (const [what, [head, begun]] of Object.entries(held)) {
    test(`clients of an app that hold ${what}`, async (t) => {
      const pid = only(server, 'engine');
      const level = descriptorsOf(pid) + 8;
      const attack = clients(t, server, DESCRIPTORS / 2, head);
      const said = await Promise.all(
        attack.map(async (client) => {
          await client.until(/HTTP\/1\.1 \d+/);
          const isBegun = !client.received.startsWith('HTTP/1.1 503') && begun.test(await client.until(begun));
          client.socket.pause();
          return isBegun;
        }),
      );
      const count = said.filter(Boolean).length;
      assert.ok(count > 5 && count < attack.length - 20, `${count} of ${attack.length}`);
      await server.line({ event: 'limit', app: 'attacker', limit: 'connections' });
      await neighbourIsServed();
      leave(attack);
      await isBack(pid, level);
    });
  }

  test('clients that open more connections than there can be, and ask nothing', async (t) => {
    const pid = only(server, 'engine');
    const level = descriptorsOf(pid) + 8;
    const attack: RawClient[] = [];
    for (const beginning of ['', 'GET / HTTP/1.1\r\nHost: neigh']) {
      for (const client of clients(t, server, DESCRIPTORS, beginning)) {
        attack.push(client);
        await new Promise((resolve) => client.socket.once('connect', resolve));
      }
      await neighbourIsServed();
    }
    assert.ok(descriptorsOf(pid) < DESCRIPTORS - 20, `${descriptorsOf(pid)} descriptors`);
    leave(attack);
    await isBack(pid, level);
  });

  test('nothing was lost', async () => {
    assert.equal(await server.metric('nano_engine_restarts_total'), 0);
    assert.deepEqual(
      server.process.lines.filter(({ level }) => level === 'error'),
      [],
    );
    assert.equal(server.process.stderr, '');
  });
});

test('front: clients of an app that is never done, and clients that ask nothing, keep nobody out', { skip: !HAS_PRLIMIT }, async (t) => {
  const group = (name: string, source: string, trustGroup: string): Record<string, string> => ({
    [`${name}/index.js`]: source,
    [`${name}/wrangler.json`]: JSON.stringify({ name, main: 'index.js', compatibility_date: '2026-10-01', nano: { trust_group: trustGroup } }),
  });
  // What waits for a timer is not one that has hung, which would be ended.
  const hang =
    'export default { fetch: () => new Response(new ReadableStream({ start: (c) => { c.enqueue(new Uint8Array(1)); setInterval(() => {}, 1e6); } })) };';
  const server = await serve(t, folder({ ...group('attacker', hang, 'a'), ...group('neighbour', answering('fine'), 'b') }), [], { descriptors: DESCRIPTORS });
  const front = only(server, 'front');
  const level = descriptorsOf(front) + 8;
  const attack: RawClient[] = [];
  const answers: number[] = [];
  // Each is answered before the next one comes: one whose request is read late has said nothing, and may be closed for that.
  for (let at = 0; at < DESCRIPTORS / 2; at++) {
    const [client] = clients(t, server, 1, GET('/')) as [RawClient];
    attack.push(client);
    answers.push(Number(/ (\d+)/.exec(await client.until(/HTTP\/1\.1 \d+/))?.[1]));
  }
  const begun = answers.filter((status) => status === 200).length;
  assert.deepEqual([begun > 5 && begun < 100, [...new Set(answers)].sort()], [true, [200, 503]], `${begun} of ${answers.length}`);
  assert.equal((await server.get('neighbour')).text, 'fine');
  for (const client of clients(t, server, DESCRIPTORS, '')) {
    await new Promise((resolve) => client.socket.once('connect', resolve));
    attack.push(client);
  }
  assert.equal((await server.get('neighbour')).text, 'fine');
  const held = attack.filter((client, at) => answers[at] === 200 && !client.socket.destroyed);
  assert.equal(held.length, begun);
  leave(attack);
  while (descriptorsOf(front) > level) assert.equal((await server.get('neighbour')).text, 'fine');
  assert.equal(only(server, 'front'), front);
  assert.equal(server.process.stderr, '');
});
