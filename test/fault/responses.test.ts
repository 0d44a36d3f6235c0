/** Handlers that answer what cannot be sent, or never answer. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

const APP = `const handlers = {
  '/undefined': () => undefined,
  '/number': () => 42,
  '/null': () => null,
  '/lookalike': () => ({ status: 200, headers: new Headers(), body: null }),
  '/used': async () => { const response = new Response('x'); await response.text(); return response; },
  '/locked': () => { const response = new Response('x'); response.body.getReader(); return response; },
  '/rejects': () => Promise.reject(new Error('rejected')),
  '/rejects-undefined': () => Promise.reject(),
  '/throws-null': () => { throw null; },
  '/never': () => new Promise(() => {}),
  '/header-break': () => new Response('', { headers: { x: 'a\\r\\nset-cookie: b' } }),
  '/status-text-break': () => new Response('', { statusText: 'a\\r\\nb: c' }),
  '/status-99': () => new Response('', { status: 99 }),
  '/status-1000': () => new Response('', { status: 1000 }),
  '/204-body': () => new Response('body', { status: 204 }),
  '/204': () => new Response(null, { status: 204 }),
  '/304': () => new Response(null, { status: 304 }),
  '/framing': () => new Response('abc', { headers: { 'content-length': '1', 'transfer-encoding': 'chunked', connection: 'upgrade', 'x-kept': '1' } }),
  '/breaks-off': () => new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array(3)); }, pull(c) { c.error(new Error('broke off')); } })),
  '/stalls': () => new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array(3)); } })),
  '/stalls-at-once': (request, env, ctx) => { ctx.waitUntil(new Promise(() => {})); return new Response(new IdentityTransformStream().readable); },
  '/stalls-short': () => { const { readable, writable } = new FixedLengthStream(9); void writable.getWriter().write(new Uint8Array(3)); return new Response(readable); },
  '/slow': () => { let left = 3; return new Response(new ReadableStream({ async pull(c) { await scheduler.wait(5); if (left-- > 0) c.enqueue(new Uint8Array(1)); else c.close(); } })); },
  '/not-bytes': () => new Response(new ReadableStream({ pull(c) { c.enqueue(5); } })),
  '/cookies': () => { const h = new Headers(); h.append('set-cookie', 'a=1'); h.append('set-cookie', 'b=2'); return new Response('', { headers: h }); },
  '/error': () => Response.error(),
};
export default { fetch: (request, env, ctx) => (handlers[new URL(request.url).pathname] ?? (() => new Response('ok')))(request, env, ctx) };
`;

suite('responses', () => {
  const owner = suiteOwner();
  let server: TestServer;
  before(async () => {
    server = await serve(owner, folder({ 'app.js': APP }));
  });

  for (const [path, reason] of [
    ['/undefined', /TypeError: Callback returned incorrect type; expected 'Promise'/],
    ['/number', /TypeError: Callback returned incorrect type; expected 'Promise'/],
    ['/null', /TypeError: Callback returned incorrect type; expected 'Promise'/],
    ['/lookalike', /TypeError: Callback returned incorrect type; expected 'Promise'/],
    ['/used', /TypeError: .*body/i],
    ['/locked', /TypeError: .*body/i],
    ['/rejects', /Error: rejected/],
    ['/rejects-undefined', /undefined/],
    ['/throws-null', /null/],
    ['/never', /would never generate a response/],
    ['/header-break', /TypeError: .*header/i],
    ['/status-text-break', /TypeError: /],
    ['/status-99', /RangeError: .*range 200 to 599/],
    ['/status-1000', /RangeError: .*range 200 to 599/],
    ['/204-body', /TypeError: .*null body status/],
    ['/error', /./],
  ] as const) {
    test(`${path}: the client reads 1101, the log why`, async () => {
      const { status, text, headers } = await server.get('app', path);
      assert.deepEqual([status, text], [500, 'error code: 1101']);
      const line = await server.line({ event: 'request', requestId: headers['x-request-id'] });
      assert.match(String(line['error']), reason);
    });
  }

  test('204 and 304 carry no body and no length', async () => {
    for (const status of [204, 304]) {
      const answer = await server.get('app', `/${status}`);
      assert.deepEqual([answer.status, answer.text, answer.headers['content-length']], [status, '', undefined]);
    }
  });

  test("framing headers are not the app's to set", async () => {
    const { text, headers } = await server.get('app', '/framing');
    assert.deepEqual([text, headers['content-length'], headers['transfer-encoding'], headers['x-kept']], ['abc', '3', undefined, '1']);
  });

  test('a stream that breaks off, or is not of bytes, breaks the connection', async () => {
    await assert.rejects(server.get('app', '/breaks-off'));
    await assert.rejects(server.get('app', '/not-bytes'));
    assert.equal((await server.get('app')).text, 'ok');
  });

  for (const path of ['/stalls', '/stalls-at-once', '/stalls-short']) {
    test(`${path}: a body that nothing can go on with breaks the connection, and the log says why`, async () => {
      await assert.rejects(server.get('app', path));
      const line = await server.line({ event: 'request', path });
      assert.deepEqual([line['status'], line['outcome']], [200, 'exception']);
      assert.match(String(line['error']), /would never generate a response/);
    });
  }

  test('a body that comes slowly comes to its end', async () => {
    assert.equal((await server.get('app', '/slow')).bytes.length, 3);
  });

  test('HEAD of a body that never ends is answered at once', async () => {
    const answer = await server.get('app', '/stalls-short', { method: 'HEAD' });
    assert.deepEqual([answer.status, answer.headers['content-length'], answer.text], [200, '9', '']);
    const line = await server.line({ event: 'request', method: 'HEAD' });
    assert.equal(line['outcome'], 'ok');
  });

  test('cookies stay separate', async () => {
    assert.deepEqual((await server.get('app', '/cookies')).headers['set-cookie'], ['a=1', 'b=2']);
  });
});
