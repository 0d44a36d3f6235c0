/** What is passed on while it is still being made: it goes on to its end, or until nobody wants it any more. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { folder } from '../support/folder.ts';
import { RawClient } from '../support/request.ts';
import { dev, serve } from '../support/server.ts';

const CONFIG = { compatibility_date: '2026-01-01', main: 'i.js' };
const DRIP = `
const drip = (count) => {
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  (async () => {
    try {
      for (let i = 0; i < count; i++) {
        await writer.write(new TextEncoder().encode(i + ' '));
        await scheduler.wait(5);
      }
      await writer.close();
    } catch {}
  })();
  return readable;
};
`;

test('passed on: the streamed response of a service', async (t) => {
  const dir = folder({
    'back/wrangler.json': JSON.stringify({ name: 'back', ...CONFIG }),
    'back/i.js': `${DRIP} export default { fetch: (request) => new Response(drip(Number(new URL(request.url).searchParams.get('count')))) };`,
    'front/wrangler.json': JSON.stringify({ name: 'front', ...CONFIG, services: [{ binding: 'BACK', service: 'back' }] }),
    'front/i.js': 'export default { fetch: (request, env) => env.BACK.fetch(request) };',
  });
  const server = await serve(t, dir, ['--data', folder()]);
  assert.equal((await server.get('front', '/?count=5')).text, '0 1 2 3 4 ');
  assert.equal((await server.line({ event: 'request', app: 'back' }))['outcome'], 'ok');

  const client = new RawClient(server.port);
  client.write('GET /?count=1000000 HTTP/1.1\r\nHost: front.localhost\r\n\r\n');
  await client.until(/\r\n0 \r\n/);
  client.socket.destroy();
  await server.line({ event: 'request', app: 'back', outcome: 'responseAborted' });
});

test('passed on: the response to a request whose body is still being sent', async (t) => {
  // Answers at once, with what comes as it comes.
  const upstream = createServer((request, response) => {
    response.flushHeaders();
    request.pipe(response);
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  t.after(() => upstream.close().closeAllConnections());
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/`;
  const dir = folder({
    'wrangler.json': JSON.stringify({ name: 'front', ...CONFIG }),
    'i.js': `${DRIP} export default { fetch: () => fetch('${url}', { method: 'POST', body: drip(5) }) };`,
  });
  const server = await dev(t, dir);
  assert.equal((await server.get('front')).text, '0 1 2 3 4 ');
});

test('passed on: header values are UTF-8, there and back', async (t) => {
  const dir = folder({
    'wrangler.json': JSON.stringify({ name: 'front', ...CONFIG }),
    'i.js': `export default { async fetch(request) {
  const own = request.headers.get('x-in');
  if (new URL(request.url).pathname === '/echo') return new Response('\\u20ac', { headers: { 'x-back': own } });
  const { headers } = await fetch(new URL('/echo', request.url), { headers: { 'x-in': own + '\\u65e5' } });
  return new Response('\\u20ac', { headers: { 'x-seen': String(headers.get('x-back') === 'caf\\u00e9\\u65e5'), 'x-out': headers.get('x-back') } });
} };`,
  });
  const server = await dev(t, dir);
  const { headers } = await server.get('front', '/', { headers: { host: `127.0.0.1:${server.port}`, 'x-in': Buffer.from('caf\u00e9').toString('latin1') } });
  assert.deepEqual([headers['x-seen'], Buffer.from(String(headers['x-out']), 'latin1').toString()], ['true', 'caf\u00e9\u65e5']);
});

test('passed on: a request as it came, whose body says no length', async (t) => {
  const upstream = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    response.end(JSON.stringify([request.method, request.headers['x-own'], String(Buffer.concat(chunks))]));
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  t.after(() => upstream.close().closeAllConnections());
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/`;
  const dir = folder({
    'wrangler.json': JSON.stringify({ name: 'front', ...CONFIG }),
    'i.js': `
      export default {
        fetch(request) {
          if (new URL(request.url).pathname === '/request') return fetch(new Request('${url}', request));
          return fetch('${url}', { method: request.method, headers: request.headers, body: request.body });
        },
      };`,
  });
  const server = await dev(t, dir);
  for (const path of ['/request', '/headers']) {
    const client = new RawClient(server.port);
    client.write(`PUT ${path} HTTP/1.1\r\nHost: localhost\r\nX-Own: kept\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n`);
    assert.match(await client.until(/\]/), /\["PUT","kept","hello"\]/);
    client.socket.destroy();
  }
});
