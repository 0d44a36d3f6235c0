import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTcp } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { OutboundRequest, OutboundResponse } from '../../ports/egress.ts';
import type { UndiciEgress } from './egress.ts';
import { egressFor, listen } from './fixture.ts';

const send = (egress: UndiciEgress, url: string, more: Partial<OutboundRequest> = {}, onHop = (): void => {}): Promise<OutboundResponse> =>
  egress.fetch({ method: 'GET', url, headers: '', body: undefined, redirect: 'follow', signal: new AbortController().signal, ...more }, onHop);

const readAll = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
};

test('fetch: status, status text, headers and body arrive', async (t) => {
  const port = await listen(
    t,
    createServer((_, response) => {
      response.writeHead(
        418,
        'Short and Stout',
        [
          ['X-One', '1'],
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['X-Text', 'caf\xc3\xa9'],
          ['X-Latin', 'caf\xe9'],
        ].flat(),
      );
      response.end('tea');
    }),
  );
  const response = await send(egressFor(t), `http://127.0.0.1:${port}/a?b=c#frag`);
  assert.equal(response.status, 418);
  assert.equal(response.statusText, 'Short and Stout');
  assert.equal(response.url, `http://127.0.0.1:${port}/a?b=c`);
  assert.equal(response.redirected, false);
  assert.match(response.headers, /^x-one\n1\nset-cookie\na=1\nset-cookie\nb=2\nx-text\ncaf\xe9\nx-latin\ncaf\ufffd\n/);
  assert.doesNotMatch(response.headers, /connection|transfer-encoding|keep-alive/);
  assert.equal(await response.body?.text(), 'tea');
});

test('fetch: request headers are cleaned, lengths are right', async (t) => {
  const seen: IncomingMessage[] = [];
  const bodies: string[] = [];
  const port = await listen(
    t,
    createServer(async (request, response) => {
      seen.push(request);
      bodies.push(await readAll(request));
      response.end();
    }),
  );
  const egress = egressFor(t);
  const url = `http://127.0.0.1:${port}/`;
  await send(egress, url, {
    method: 'POST',
    headers: 'Host\nevil.test\nContent-Length\n999\nConnection\nx-hop, keep-alive\nX-Hop\n1\nX-Kept\nyes\nExpect\n100-continue\nTE\ntrailers',
    body: 'grün',
  });
  const headers: IncomingMessage['headers'] = seen[0]?.headers ?? {};
  assert.equal(headers.host, `127.0.0.1:${port}`);
  assert.equal(headers['content-length'], '5');
  assert.equal(headers['x-kept'], 'yes');
  assert.equal(headers['accept-encoding'], 'gzip, br, zstd');
  for (const name of ['x-hop', 'expect', 'te']) assert.equal(headers[name], undefined, name);
  assert.equal(bodies[0], 'grün');

  await send(egress, url, { method: 'PUT', headers: 'accept-encoding\nidentity', body: new Uint8Array([65, 66]) });
  assert.equal(seen[1]?.headers['content-length'], '2');
  assert.equal(seen[1]?.headers['accept-encoding'], 'identity');

  await send(egress, url, { method: 'POST', body: Readable.from([Buffer.from('a'), Buffer.from('b')]) });
  assert.equal(seen[2]?.headers['transfer-encoding'], 'chunked');
  assert.equal(bodies[2], 'ab');

  await send(egress, url, { method: 'POST', headers: 'content-length\n2', body: Readable.from([Buffer.from('a'), Buffer.from('b')]) });
  assert.equal(seen[3]?.headers['content-length'], '2');
  await assert.rejects(
    send(egress, url, { method: 'POST', headers: 'content-length\n1', body: Readable.from([Buffer.from('a'), Buffer.from('b')]) }),
    /longer or shorter/,
  );
});

test('fetch: what HTTP forbids is refused with a TypeError', async (t) => {
  const egress = egressFor(t);
  const url = 'http://127.0.0.1:1/';
  const bad: Partial<OutboundRequest>[] = [
    { url: 'nonsense' },
    { url: 'ftp://127.0.0.1/' },
    { url: 'file:///etc/passwd' },
    { method: 'CONNECT' },
    { method: 'trace' },
    { method: 'GET X' },
    { method: '' },
    { method: 'G\r\nX: y' },
    { headers: 'a' },
    { headers: 'a b\nc' },
    { headers: 'a\nb\rc' },
    { headers: 'a\nb\0c' },
    { headers: 'a\n\u0100' },
    { headers: '\nb' },
    { headers: 'Transfer-Encoding\nchunked' },
    { headers: 'Upgrade\nwebsocket' },
    { body: 'x' },
    { method: 'HEAD', body: new Uint8Array(1) },
  ];
  for (const each of bad) await assert.rejects(send(egress, url, each), { name: 'TypeError' }, JSON.stringify(each));
});

test('fetch: more headers than any server takes are refused, and not looked at', async (t) => {
  await assert.rejects(
    send(egressFor(t), 'http://127.0.0.1:1/', { headers: 'a\nb\n'.repeat(40_000) }),
    /^TypeError: The request has more than 131072 characters of headers/,
  );
});

test('fetch: bodies stream both ways at once', async (t) => {
  const port = await listen(
    t,
    createServer((request, response) => void request.pipe(response)),
  );
  const up = new Readable({ read() {} });
  const response = await (up.push('one'), send(egressFor(t), `http://127.0.0.1:${port}/`, { method: 'POST', body: up }));
  const body = response.body;
  assert.ok(body);
  assert.equal(Buffer.from((await body.read()) ?? []).toString(), 'one');
  up.push('two');
  assert.equal(Buffer.from((await body.read()) ?? []).toString(), 'two');
  up.push(null);
  assert.equal(await body.read(), null);
});

test('fetch: an unread body stops the sender', async (t) => {
  const written = Promise.withResolvers<number>();
  const port = await listen(
    t,
    createServer((_, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      let total = 0;
      const more = (): void => {
        while (total < 64 * 1024 * 1024) {
          total += chunk.length;
          if (!response.write(chunk)) {
            const timer = setTimeout(() => written.resolve(total), 150);
            response.once('drain', () => (clearTimeout(timer), more()));
            return;
          }
        }
        response.end();
        written.resolve(total);
      };
      more();
    }),
  );
  const response = await send(egressFor(t), `http://127.0.0.1:${port}/`);
  assert.ok((await written.promise) < 32 * 1024 * 1024);
  response.body?.cancel();
});

test('fetch: null-body statuses and HEAD have no body', async (t) => {
  const port = await listen(
    t,
    createServer((request, response) => {
      response.writeHead(Number(request.url?.slice(1)), { 'content-encoding': 'gzip' }).end();
    }),
  );
  const egress = egressFor(t);
  for (const status of [204, 205, 304]) {
    const response = await send(egress, `http://127.0.0.1:${port}/${status}`);
    assert.equal(response.status, status);
    assert.equal(response.body, undefined);
  }
  const head = await send(egress, `http://127.0.0.1:${port}/200`, { method: 'HEAD' });
  assert.equal(head.body, undefined);
  assert.match(head.headers, /content-encoding\ngzip/);
});

test('abort: before, while waiting for the head, and while the body streams', async (t) => {
  const reached = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const port = await listen(
    t,
    createServer((request, response) => {
      if (request.url === '/body') response.write('first');
      else reached.resolve();
      response.on('close', () => closed.resolve());
    }),
  );
  const egress = egressFor(t);
  await assert.rejects(send(egress, `http://127.0.0.1:${port}/`, { signal: AbortSignal.abort() }), { name: 'AbortError' });

  const waiting = new AbortController();
  const pending = send(egress, `http://127.0.0.1:${port}/`, { signal: waiting.signal });
  await reached.promise;
  waiting.abort();
  await assert.rejects(pending, { name: 'AbortError' });
  await closed.promise;

  const streaming = new AbortController();
  const { body } = await send(egress, `http://127.0.0.1:${port}/body`, { signal: streaming.signal });
  assert.equal(Buffer.from((await body?.read()) ?? []).toString(), 'first');
  const next = body?.read();
  streaming.abort();
  await assert.rejects(next ?? Promise.resolve(), { name: 'AbortError' });
});

test('abort: while the name is being resolved, and the upload is given up', async (t) => {
  const egress = egressFor(t, {}, { resolve: () => new Promise(() => {}), connectTimeoutMs: 50 });
  const controller = new AbortController();
  const up = new Readable({ read() {} });
  const pending = send(egress, 'http://slow.test/', { method: 'POST', body: up, signal: controller.signal });
  controller.abort();
  await assert.rejects(pending, { name: 'AbortError' });
  assert.ok(up.destroyed);
});

test('slow and broken servers: clear TypeErrors', async (t) => {
  const port = await listen(
    t,
    createTcp((socket) => {
      socket.on('error', () => {});
      socket.once('data', (data) => {
        const path = /^\S+ \/(\S*)/.exec(data.toString())?.[1];
        if (path === 'nothing') socket.end();
        else if (path === 'reset') socket.resetAndDestroy();
        else if (path === 'garbage') socket.end('SSH-2.0-OpenSSH_9\r\n\r\n');
        else if (path === 'bothlengths') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
        else if (path === 'huge') socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200_000)}\r\n\r\n`);
        else if (path === 'short') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort');
        else if (path === 'badchunk') socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nZZ\r\n');
        // "slow": says nothing.
      });
    }),
  );
  const egress = egressFor(t, {}, { headersTimeoutMs: 200 });
  const at = (path: string): Promise<OutboundResponse> => send(egress, `http://127.0.0.1:${port}/${path}`);
  await assert.rejects(at('nothing'), { name: 'TypeError', message: 'Network connection lost.' });
  await assert.rejects(at('reset'), { name: 'TypeError', message: 'Network connection lost.' });
  await assert.rejects(at('garbage'), { name: 'TypeError', message: '"127.0.0.1" sent an invalid HTTP response.' });
  await assert.rejects(at('bothlengths'), { name: 'TypeError' });
  await assert.rejects(at('huge'), { name: 'TypeError', message: 'The response headers of "127.0.0.1" are too large.' });
  await assert.rejects(at('slow'), { name: 'TypeError', message: '"127.0.0.1" took too long to answer.' });
  const short = await at('short');
  await assert.rejects(short.body?.text() ?? Promise.resolve(), { name: 'TypeError', message: 'Network connection lost.' });
  const broken = await at('badchunk');
  await assert.rejects(broken.body?.bytes() ?? Promise.resolve(), { name: 'TypeError' });
});

test('interim responses: some are skipped, and there is an end to them', async (t) => {
  const hint = 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n';
  const port = await listen(
    t,
    createTcp((socket) => {
      socket.on('error', () => {});
      socket.once('data', (data) => {
        if (String(data).includes('/few')) socket.end(`${hint.repeat(10)}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok`);
        else socket.write(hint.repeat(1000));
      });
    }),
  );
  const egress = egressFor(t);
  assert.equal(await (await send(egress, `http://127.0.0.1:${port}/few`)).body?.text(), 'ok');
  await assert.rejects(send(egress, `http://127.0.0.1:${port}/many`), /"127\.0\.0\.1" does not come to its response/);
});

test('folded and odd response headers cannot add headers on the bridge', async (t) => {
  const port = await listen(
    t,
    createTcp((socket) => {
      socket
        .on('error', () => {})
        .once('data', () => socket.end('HTTP/1.1 200 O\x01K\r\nX-A: one\r\n\ttwo\r\nConnection: close, X-B\r\nX-B: gone\r\nContent-Length: 0\r\n\r\n'));
    }),
  );
  const outcome = await send(egressFor(t), `http://127.0.0.1:${port}/`).catch((error: Error) => error);
  if (outcome instanceof Error) assert.equal(outcome.name, 'TypeError');
  else {
    assert.equal(outcome.headers.split('\n').length % 2, 0);
    assert.doesNotMatch(outcome.headers, /x-b/);
  }
});
