import assert from 'node:assert/strict';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { OutboundRequest, OutboundResponse } from '../../ports/egress.ts';
import type { UndiciEgress } from './egress.ts';
import { egressFor, listen, tableResolver } from './fixture.ts';
import { TEST_CERTIFICATE, TEST_KEY } from './fixture-certificate.ts';

const keys = { cert: TEST_CERTIFICATE, key: TEST_KEY };
const options = { tls: { ca: TEST_CERTIFICATE }, resolve: tableResolver({ 'app.test': ['127.0.0.1'], 'other.test': ['127.0.0.1'] }) };

const send = (egress: UndiciEgress, url: string, more: Partial<OutboundRequest> = {}): Promise<OutboundResponse> =>
  egress.fetch({ method: 'GET', url, headers: '', body: undefined, redirect: 'follow', signal: new AbortController().signal, ...more }, () => {});

test('https: HTTP/1.1 by name and by address, with the certificate checked', async (t) => {
  const port = await listen(
    t,
    createHttps(keys, (request, response) => void response.end(`${request.httpVersion} ${request.headers.host}`)),
  );
  const egress = egressFor(t, {}, options);
  assert.equal(await (await send(egress, `https://app.test:${port}/`)).body?.text(), `1.1 app.test:${port}`);
  assert.equal(await (await send(egress, `https://127.0.0.1:${port}/`)).body?.text(), `1.1 127.0.0.1:${port}`);
  await assert.rejects(send(egress, `https://other.test:${port}/`), {
    name: 'TypeError',
    message: 'The TLS connection to "other.test" failed (ERR_TLS_CERT_ALTNAME_INVALID).',
  });
  await assert.rejects(send(egressFor(t, {}, { resolve: options.resolve }), `https://app.test:${port}/`), /failed \(DEPTH_ZERO_SELF_SIGNED_CERT\)/);
});

test('https: a server without TLS is a clear error', async (t) => {
  const { createServer } = await import('node:net');
  const port = await listen(
    t,
    createServer((socket) => void socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  );
  await assert.rejects(
    send(egressFor(t, {}, options), `https://app.test:${port}/`),
    (error: Error) => error.name === 'TypeError' && /TLS connection|Network connection lost/.test(error.message),
  );
});

test('http2: not offered unless wanted', async (t) => {
  const port = await listen(
    t,
    createSecureServer({ ...keys, allowHTTP1: true }, (request, response) => void response.end(request.httpVersion)),
  );
  assert.equal(await (await send(egressFor(t, {}, options), `https://app.test:${port}/`)).body?.text(), '1.1');
});

test('http2: one connection carries the requests without a body, and survives an abort', async (t) => {
  let connections = 0;
  const closed = Promise.withResolvers<void>();
  const server = createSecureServer({ ...keys, allowHTTP1: true }, (request: Http2ServerRequest, response: Http2ServerResponse) => {
    if (request.url === '/hang') {
      response.write('first');
      response.stream.on('close', () => closed.resolve());
      return;
    }
    response.setHeader('x-version', request.httpVersion);
    response.setHeader('set-cookie', ['a=1', 'b=2']);
    request.on('data', (chunk: Buffer) => response.write(chunk)).on('end', () => response.end(request.url));
  });
  server.on('session', () => connections++);
  const port = await listen(t, server);
  const egress = egressFor(t, {}, { ...options, http2: true });
  const url = `https://app.test:${port}/`;
  const responses = await Promise.all([1, 2, 3, 4].map((n) => send(egress, url + n)));
  assert.deepEqual(await Promise.all(responses.map(({ body }) => body?.text())), ['/1', '/2', '/3', '/4']);
  assert.match(responses[0]?.headers ?? '', /x-version\n2\.0/);
  assert.match(responses[0]?.headers ?? '', /set-cookie\na=1\nset-cookie\nb=2/);
  const hanging = await send(egress, `${url}hang`);
  assert.equal(Buffer.from((await hanging.body?.read()) ?? []).toString(), 'first');
  hanging.body?.cancel();
  await closed.promise;
  assert.equal(await (await send(egress, `${url}still`)).body?.text(), '/still');
  assert.equal(connections, 1);
});

test('http2: what has a body goes over HTTP/1.1, and giving up its response harms nothing', async (t) => {
  const server = createSecureServer({ ...keys, allowHTTP1: true }, (request: Http2ServerRequest, response: Http2ServerResponse) => {
    response.setHeader('x-version', request.httpVersion);
    response.write('early');
  });
  const port = await listen(t, server);
  const egress = egressFor(t, {}, { ...options, http2: true });
  for (const body of [new Uint8Array(1024 * 1024), Readable.from([Buffer.alloc(1024 * 1024)])]) {
    const response = await send(egress, `https://app.test:${port}/`, { method: 'POST', body });
    assert.match(response.headers, /x-version\n1\.1/);
    response.body?.cancel();
  }
});
