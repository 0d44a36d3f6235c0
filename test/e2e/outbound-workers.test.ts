/** Outbound workers: what a dispatched app sends to the network goes through an app of the platform's, whatever it tries. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

/** Its path is the way of the customer's, its query who is told to the outbound worker and by which binding. */
const PLATFORM = `export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const query = url.searchParams;
    const outbound = query.has('as') ? { [query.get('parameter') ?? 'customer']: { name: query.get('as') } } : undefined;
    const limits = query.has('most') ? { subRequests: Number(query.get('most')) } : undefined;
    try {
      const app = env[query.get('by') ?? 'DISPATCH'].get('customer', {}, { outbound, limits });
      if (query.has('rpc')) return new Response(await app.ask(query.get('to')));
      return await app.fetch(request);
    } catch (error) {
      return new Response(error.name + ': ' + error.message, { status: 500 });
    }
  },
};`;

const GATE = `export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    if (url.hostname === 'blocked.example') return new Response('blocked: ' + JSON.stringify([request.method, request.url, request.headers.get('host'), request.cf ?? null]), { status: 403 });
    if (url.hostname === 'broken.example') throw new RangeError('the gate is broken');
    if (url.hostname === 'hop.example') return new Response(null, { status: 302, headers: { location: url.searchParams.get('to') } });
    if (url.hostname === 'round.example') return new Response(null, { status: 302, headers: { location: request.url } });
    const headers = new Headers(request.headers);
    headers.set('x-gate', env.NAME + ' for ' + (env.customer?.name ?? 'nobody'));
    return fetch(new Request(request, { headers }));
  },
};`;

/** Its env is the constructor's. It sends the app's own requests back to it. */
const CIRCLE = `import { WorkerEntrypoint } from 'cloudflare:workers';
export default class extends WorkerEntrypoint {
  fetch(request) { return this.env.DISPATCH.get('customer', {}, { outbound: { customer: this.env.customer } }).fetch('http://customer/fetch?to=' + encodeURIComponent(request.url)); }
}`;

const FRIEND = `import { WorkerEntrypoint } from 'cloudflare:workers';
export default class extends WorkerEntrypoint {
  async fetch(request) { return fetch(new URL(request.url).searchParams.get('to')); }
  callBack(service, to) { return service.ask(to); }
  callFunction(ask, to) { return ask(to); }
}`;

const CUSTOMER = `import { WorkerEntrypoint } from 'cloudflare:workers';
import { connect } from 'cloudflare:sockets';
const text = async (to, init) => { const response = await fetch(to, init); return response.status + ' ' + (await response.text()); };
const CHILD = \`import { WorkerEntrypoint } from 'cloudflare:workers';
export default class extends WorkerEntrypoint {
  async fetch(request) { return fetch(new URL(request.url).searchParams.get('to')); }
  async ask(to) { console.log(to); return (await fetch(to)).text(); }
  async by(service, to) { return service.ask(to); }
}\`;
const code = (more) => ({ compatibilityDate: '2026-01-01', mainModule: 'main.js', modules: { 'main.js': CHILD }, ...more });
const socketText = (socket) => new Promise((resolve) => {
  socket.addEventListener('message', ({ data }) => { socket.close(); resolve(data); });
  socket.addEventListener('error', ({ message }) => resolve('error: ' + message));
});
export class Inner extends WorkerEntrypoint {
  ask(to) { return text(to); }
  async tail(events) { for (const { logs } of events) for (const { message } of logs) if (String(message).startsWith('http')) await fetch(message + 'tail'); }
}
const ways = {
  fetch: (to) => text(to),
  post: (to) => text(to, { method: 'POST', body: 'a body' }),
  bytes: (to) => text(to, { method: 'POST', body: new Uint8Array([104, 105]) }),
  stream: (to) => text(to, { method: 'POST', body: new ReadableStream({ start(parts) { for (const part of ['in ', 'parts']) parts.enqueue(new TextEncoder().encode(part)); parts.close(); } }) }),
  cf: (to) => text(to, { cf: { colo: 'made up' }, headers: { host: 'innocent.example' } }),
  head: async (to) => { const { status, body } = await fetch(to, { method: 'HEAD' }); return status + ' ' + body; },
  manual: async (to) => { const { status, headers, redirected } = await fetch(to, { redirect: 'manual' }); return [status, headers.get('location'), redirected].join(); },
  follow: async (to) => { const response = await fetch(to); return [response.redirected, response.url, await response.text()].join(' '); },
  forbidden: (to) => text(to, { redirect: 'error' }),
  thrice: async (to) => { const all = []; for (let i = 0; i < 3; i++) all.push(await text(to).catch((error) => error.message)); return all.join(' | '); },
  aborted: async (to) => { const controller = new AbortController(); const answer = text(to, { signal: controller.signal }); controller.abort(new Error('enough')); return answer; },
  late: (to, env, ctx) => { ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 20)).then(() => fetch(to))); return 'answered'; },
  connect: async (to) => { const { hostname, port } = new URL(to); const socket = connect({ hostname, port: Number(port) }); await socket.opened; return 'connected'; },
  websocket: (to) => socketText(new WebSocket(to.replace('http', 'ws'), ['chosen'])),
  protocol: (to) => new Promise((resolve) => { const socket = new WebSocket(to.replace('http', 'ws'), ['chosen']); socket.addEventListener('open', () => { resolve(socket.protocol); socket.close(); }); }),
  upgrade: async (to) => { const { webSocket, status } = await fetch(to, { headers: { upgrade: 'websocket' } }); webSocket.accept(); return status + ' ' + (await socketText(webSocket)); },
  refused: (to) => socketText(new WebSocket('ws://blocked.example/')),
  events: (to) => new Promise((resolve) => { const source = new EventSource(to); source.onmessage = ({ data }) => { source.close(); resolve(data); }; }),
  self: (to, env, ctx) => ctx.exports.Inner.ask(to),
  'self-fetch': async (to, env) => (await env.SELF.fetch('http://x/fetch?to=' + encodeURIComponent(to))).text(),
  'self-dispatched': async (to, env) => (await env.OWN.get('customer').fetch('http://x/fetch?to=' + encodeURIComponent(to))).text(),
  'call-back': (to, env, ctx) => env.FRIEND.callBack(ctx.exports.Inner({ props: { a: 1 } }), to),
  'function': (to, env) => env.FRIEND.callFunction((asked) => text(asked), to),
  loaded: async (to, env) => (await env.LOADER.load(code()).getEntrypoint().fetch('http://x/?to=' + encodeURIComponent(to))).text(),
  'loaded-rpc': (to, env) => env.LOADER.get('kept', () => code()).getEntrypoint().ask(to),
  'loaded-env': (to, env, ctx) => env.LOADER.load(code()).getEntrypoint().by(ctx.exports.Inner({}), to),
  'loaded-out': (to, env, ctx) => env.LOADER.load(code({ globalOutbound: ctx.exports.default({}) })).getEntrypoint().ask('http://x/fetch?to=' + encodeURIComponent(to)),
  'loaded-none': (to, env) => env.LOADER.load(code({ globalOutbound: null })).getEntrypoint().ask(to),
  'loaded-tail': async (to, env, ctx) => { await env.LOADER.load(code({ tails: [ctx.exports.Inner({})] })).getEntrypoint().ask(to); return 'told'; },
  service: async (to, env) => (await env.FRIEND.fetch('http://x/?to=' + encodeURIComponent(to))).text(),
};
export default class extends WorkerEntrypoint {
  async fetch(request) {
    const url = new URL(request.url);
    try {
      return new Response(await ways[url.pathname.slice(1)](url.searchParams.get('to'), this.env, this.ctx));
    } catch (error) {
      return new Response(error.name + ': ' + error.message);
    }
  }
  ask(to) { return text(to); }
}`;

suite('outbound workers', () => {
  const owner = suiteOwner();
  let server: TestServer;
  let upstream: Server;
  let raw: TcpServer;
  let home = '';
  let rawAddress = '';
  let rawConnections = 0;
  /** Requests that somebody waits for, by path: who sent them. */
  const awaited = new Map<string, (sender: string) => void>();
  const config = (name: string, more: object): string => JSON.stringify({ name, main: 'index.js', compatibility_date: '2026-01-01', ...more });

  before(async () => {
    const senderOf = (headers: NodeJS.Dict<string | string[]>): string => String(headers['x-gate'] ?? 'direct');
    upstream = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const sender = senderOf(request.headers);
      awaited.get(request.url ?? '')?.(sender);
      if (request.url === '/redirect') response.writeHead(302, { location: '/landed' }).end();
      else if (request.url === '/moved') response.writeHead(307, { location: '/landed' }).end();
      else if (request.url === '/events') response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${sender}\n\n`);
      else response.end([sender, request.method, request.url, body].filter((part) => part !== '').join(' '));
    });
    const sockets = new WebSocketServer({ server: upstream });
    sockets.on('connection', (socket, request) => socket.send(senderOf(request.headers)));
    raw = createTcpServer((socket) => {
      rawConnections++;
      socket.destroy();
    });
    await Promise.all([upstream, raw].map((each) => new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve))));
    home = `http://127.0.0.1:${(upstream.address() as { port: number }).port}/`;
    rawAddress = `http://127.0.0.1:${(raw.address() as { port: number }).port}/`;
    const dispatch = (binding: string, outbound?: object): object => ({ binding, namespace: 'customers', ...(outbound && { outbound }) });
    const through = { service: 'gate', parameters: ['customer', 'url'] };
    server = await serve(
      owner,
      folder({
        'nano.jsonc': '{ "egress": { "allow": ["127.0.0.1"] } }',
        'platform/index.js': PLATFORM,
        'platform/wrangler.json': config('platform', {
          dispatch_namespaces: [
            dispatch('DISPATCH', through),
            dispatch('PLAIN'),
            dispatch('SILENT', { service: 'gate' }),
            dispatch('CIRCLE', { ...through, service: 'circle' }),
            dispatch('NOBODY', { ...through, service: 'nobody' }),
          ],
        }),
        'gate/index.js': GATE,
        'gate/wrangler.json': config('gate', { vars: { NAME: 'gate' } }),
        'circle/index.js': CIRCLE,
        'circle/wrangler.json': config('circle', { dispatch_namespaces: [dispatch('DISPATCH', { ...through, service: 'circle' })] }),
        'friend/index.js': FRIEND,
        'friend/wrangler.json': config('friend', {}),
        'customer/index.js': CUSTOMER,
        'customer/wrangler.json': config('customer', {
          dispatch_namespace: 'customers',
          worker_loaders: [{ binding: 'LOADER' }],
          services: [
            { binding: 'FRIEND', service: 'friend' },
            { binding: 'SELF', service: 'customer' },
          ],
          dispatch_namespaces: [dispatch('OWN')],
        }),
      }),
      ['--data', folder()],
    );
  });
  after(() => {
    upstream.closeAllConnections();
    upstream.close();
    raw.close();
  });

  const ask = async (way: string, to = home, query: Readonly<Record<string, string>> = { as: 'ada' }): Promise<string> =>
    (await server.get('platform', `/${way}?${new URLSearchParams({ to, ...query })}`)).text;
  /** Who sends the next request for that path. */
  const senderOf = (path: string): Promise<string> => new Promise((resolve) => awaited.set(path, resolve));

  test('fetch: goes to the outbound worker, whose own goes to the network', async () => {
    assert.equal(await ask('fetch'), '200 gate for ada GET /');
    assert.equal(await ask('fetch', 'https://blocked.example/a?b#c'), '403 blocked: ["GET","https://blocked.example/a?b",null,null]');
  });

  test('fetch: bodies go along', async () => {
    assert.equal(await ask('post'), '200 gate for ada POST / a body');
    assert.equal(await ask('bytes'), '200 gate for ada POST / hi');
    assert.equal(await ask('stream'), '200 gate for ada POST / in parts');
    assert.equal(await ask('head'), '200 null');
  });

  test('fetch: so does cf, and no Host but that of the URL', async () => {
    assert.equal(await ask('cf', 'http://blocked.example/'), '403 blocked: ["GET","http://blocked.example/",null,{"colo":"made up"}]');
  });

  test('fetch: what the outbound worker throws comes out of it', async () => {
    assert.equal(await ask('fetch', 'http://broken.example/'), 'RangeError: the gate is broken');
    assert.equal(await ask('aborted'), 'Error: enough');
  });

  test('parameters: each event has its own, also at the same time', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `customer-${at}`);
    const answers = await Promise.all(names.map((as) => ask('fetch', home, { as })));
    assert.deepEqual(
      answers,
      names.map((name) => `200 gate for ${name} GET /`),
    );
  });

  test('parameters: none need be given, and none stay', async () => {
    assert.equal(await ask('fetch', home, {}), '200 gate for nobody GET /');
    assert.equal(await ask('fetch', home, { by: 'SILENT' }), '200 gate for nobody GET /');
  });

  test('parameters: others than the configuration names are refused', async () => {
    const refused = 'is not a parameter of an outbound worker: the configuration of the dispatch namespace';
    assert.equal(
      await ask('fetch', home, { as: 'ada', parameter: 'costumer' }),
      `TypeError: "costumer" ${refused} lists customer, url in "outbound.parameters".`,
    );
    assert.equal(await ask('fetch', home, { as: 'ada', by: 'SILENT' }), `TypeError: "customer" ${refused} lists none in "outbound.parameters".`);
    assert.equal(await ask('fetch', home, { as: 'ada', by: 'PLAIN' }), `TypeError: "customer" ${refused} names no outbound worker.`);
  });

  test('without an outbound worker the same app reaches the network itself', async () => {
    assert.equal(await ask('fetch', home, { by: 'PLAIN' }), '200 direct GET /');
  });

  test('an outbound worker that is not there is an error of the fetch', async () => {
    assert.match(await ask('fetch', home, { by: 'NOBODY' }), /^Error: Could not find the service "nobody"/);
  });

  test('methods: what they fetch goes there, too', async () => {
    assert.equal(await ask('', home, { as: 'ada', rpc: '' }), '200 gate for ada GET /');
  });

  test('redirects: are followed through the outbound worker', async () => {
    assert.equal(await ask('follow', `${home}redirect`), `true ${home}landed gate for ada GET /landed`);
    assert.equal(await ask('follow', `http://hop.example/?to=${encodeURIComponent(home)}`), `true ${home} gate for ada GET /`);
    assert.equal(await ask('post', `${home}moved`), '200 gate for ada POST /landed a body');
    assert.match(await ask('stream', `${home}moved`), /^TypeError: A request with a one-time-use body/);
    assert.equal(await ask('manual', `${home}redirect`), '302,/landed,false');
    assert.match(await ask('forbidden', `${home}redirect`), /^TypeError: .*answered with a redirect/);
    assert.equal(await ask('fetch', 'http://round.example/'), 'TypeError: Too many redirects.');
  });

  test('limits: requests through an outbound worker are subrequests, and so are redirects', async () => {
    assert.match(await ask('thrice', home, { as: 'ada', most: '2' }), /^200 gate for ada GET \/ \| 200 gate for ada GET \/ \| Too many subrequests/);
    assert.match(await ask('fetch', 'http://round.example/', { as: 'ada', most: '3' }), /Too many subrequests/);
  });

  test('circles: end where calls between workers do', async () => {
    assert.match(await ask('fetch', home, { as: 'ada', by: 'CIRCLE' }), /Subrequest depth limit exceeded/);
  });

  test('escape: waitUntil, after the answer', async () => {
    const sender = senderOf('/late');
    assert.equal(await ask('late', `${home}late`), 'answered');
    assert.equal(await sender, 'gate for ada');
  });

  test('escape: connect() is refused', async () => {
    assert.equal(
      await ask('connect', rawAddress),
      'Error: proxy request failed, cannot connect to the specified address: a worker that is dispatched with an outbound Worker cannot use connect(), only fetch()',
    );
    assert.equal(rawConnections, 0);
    assert.equal(await ask('connect', rawAddress, { by: 'PLAIN' }), 'connected');
  });

  test('escape: WebSockets and event sources', async () => {
    assert.equal(await ask('websocket'), 'gate for ada');
    assert.equal(await ask('protocol'), 'chosen');
    assert.equal(await ask('upgrade'), '101 gate for ada');
    assert.equal(await ask('refused'), 'error: The server answered with status 403 instead of opening a WebSocket.');
    assert.equal(await ask('events', `${home}events`), 'gate for ada');
  });

  for (const way of ['self', 'self-fetch', 'self-dispatched', 'function', 'loaded', 'loaded-rpc', 'loaded-env', 'loaded-out']) {
    test(`escape: ${way}`, async () => {
      assert.match(await ask(way), /^(200 )?gate for ada GET \/$/);
      assert.match(await ask(way, home, { as: 'eve' }), /^(200 )?gate for eve GET \/$/);
      assert.match(await ask(way, home, { by: 'PLAIN' }), /^(200 )?direct GET \/$/);
    });
  }

  test('escape: an entrypoint that it has given away, which nobody outside the namespace can call', async () => {
    assert.match(await ask('call-back'), /^Error: Could not find the service "customer"/);
  });

  test('escape: a loaded worker that has no network has none here either', async () => {
    assert.match(await ask('loaded-none'), /^Error: This worker is not permitted to access the internet/);
  });

  test('escape: the tail handler that hears of a loaded worker', async () => {
    const sender = senderOf('/tail');
    assert.equal(await ask('loaded-tail'), 'told');
    assert.equal(await sender, 'gate for ada');
  });

  test('services of its own stay as they are', async () => {
    assert.equal(await ask('service'), 'direct GET /');
  });
});
