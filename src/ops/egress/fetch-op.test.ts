import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { BodyKind, Post, Request } from '../../protocol/ops.ts';
import { bodyPosts, bodyRequests } from '../bodies.ts';
import { StreamBody } from '../body-stream.ts';
import { uploadsOf } from '../body-upload.ts';
import { fetchPosts, fetchRequests } from './fetch-op.ts';
import { egressFor, listen, TestIsolate } from './fixture.ts';

type Reply = [status: number, statusText: string, headers: string, url: string, redirected: boolean, source: number];

const requests = { ...bodyRequests, ...fetchRequests };
const posts = { ...bodyPosts, ...fetchPosts };

/** As the isolate layer calls: a throw and a rejection are the same. */
const call = async (isolate: TestIsolate, op: number, number: number, ...args: unknown[]): Promise<unknown> => requests[op]?.(isolate, 1, number, ...args);
const post = (isolate: TestIsolate, op: number, ...args: unknown[]): void => posts[op]?.(isolate, 1, ...args);
const fetchUrl = (
  isolate: TestIsolate,
  number: number,
  url: string,
  kind: number = BodyKind.none,
  body?: unknown,
  headers = '',
  length?: number,
): Promise<Reply> =>
  call(isolate, Request.fetch, number, kind === BodyKind.none ? 'GET' : 'POST', url, headers, 'follow', kind, body, length) as Promise<Reply>;

async function setUp(t: TestContext, listener: RequestListener): Promise<{ isolate: TestIsolate; url: string }> {
  const port = await listen(t, createServer(listener));
  return { isolate: new TestIsolate(egressFor(t)), url: `http://127.0.0.1:${port}/` };
}

const echo: RequestListener = (request, response) => {
  response.setHeader('x-length', request.headers['content-length'] ?? 'chunked');
  request.pipe(response);
};
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('fetch: answers head and source, text is read once', async (t) => {
  const { isolate, url } = await setUp(t, (_, response) => void response.end('hello'));
  const [status, statusText, headers, finalUrl, redirected, source] = await fetchUrl(isolate, 1, url);
  assert.deepEqual([status, statusText, finalUrl, redirected], [200, 'OK', url, false]);
  assert.match(headers, /content-length\n5/);
  assert.equal(await call(isolate, Request.sourceText, 2, source), 'hello');
  await assert.rejects(call(isolate, Request.sourceText, 3, source), { name: 'Error', message: /on behalf of a different request/ });
  assert.equal(isolate.subrequests, 1);
  assert.equal(isolate.connections, 0);
});

test('fetch: a null body is source 0', async (t) => {
  const { isolate, url } = await setUp(t, (_, response) => void response.writeHead(204).end());
  assert.equal((await fetchUrl(isolate, 1, url))[5], 0);
  assert.equal(isolate.handles.size, 0);
});

test('fetch: text and bytes go up', async (t) => {
  const { isolate, url } = await setUp(t, echo);
  for (const [kind, body, text] of [
    [BodyKind.text, 'grün', 'grün'],
    [BodyKind.bytes, new Uint8Array([65, 66]), 'AB'],
    [BodyKind.bytes, new Uint8Array([67]).buffer, 'C'],
  ] as const) {
    const reply = await fetchUrl(isolate, 1, url, kind, body);
    assert.match(reply[2], new RegExp(`x-length\n${Buffer.byteLength(text)}`));
    assert.equal(await call(isolate, Request.sourceText, 2, reply[5]), text);
  }
});

test('fetch: an upload streams while the response does', async (t) => {
  const { isolate, url } = await setUp(t, echo);
  const pending = fetchUrl(isolate, 7, url, BodyKind.stream, undefined, 'Content-Length\n3');
  await call(isolate, Request.uploadWrite, 8, 7, new Uint8Array([65]));
  const [, , headers, , , source] = await pending;
  assert.match(headers, /x-length\nchunked/);
  assert.equal(Buffer.from((await call(isolate, Request.sourceRead, 9, source)) as Uint8Array).toString(), 'A');
  await call(isolate, Request.uploadWrite, 10, 7, new Uint8Array([66]).buffer);
  assert.equal(Buffer.from((await call(isolate, Request.sourceRead, 11, source)) as Uint8Array).toString(), 'B');
  post(isolate, Post.uploadClose, 7);
  assert.equal(await call(isolate, Request.sourceRead, 12, source), null);
  assert.equal(uploadsOf(isolate.handles).size, 0);
});

test('fetch: a length that the isolate vouches for is sent', async (t) => {
  const { isolate, url } = await setUp(t, echo);
  const pending = fetchUrl(isolate, 1, url, BodyKind.stream, undefined, '', 2);
  await call(isolate, Request.uploadWrite, 2, 1, Buffer.from('ab'));
  post(isolate, Post.uploadClose, 1);
  assert.match((await pending)[2], /x-length\n2/);
});

test('fetch: an aborted upload aborts the request', async (t) => {
  const { isolate, url } = await setUp(t, () => {});
  const pending = fetchUrl(isolate, 1, url, BodyKind.stream);
  await call(isolate, Request.uploadWrite, 2, 1, new Uint8Array(10));
  post(isolate, Post.uploadAbort, 1);
  await assert.rejects(pending, { name: 'TypeError' });
  await assert.rejects(call(isolate, Request.uploadWrite, 3, 1, new Uint8Array(10)), { name: 'TypeError' });
});

test('fetch: an upload is held back by a server that does not read, and bounded for an isolate that does not wait', async (t) => {
  const { isolate, url } = await setUp(t, (request) => void request.pause());
  const pending = fetchUrl(isolate, 1, url, BodyKind.stream).catch((error: unknown) => error);
  const outcomes: Promise<unknown>[] = [];
  for (let i = 0; i < 40; i++) outcomes.push(call(isolate, Request.uploadWrite, 2 + i, 1, new Uint8Array(1024 * 1024)).catch((error: Error) => error.message));
  assert.ok((await Promise.all(outcomes)).includes('Too much of the request body was written without waiting.'));
  assert.ok((await pending) instanceof Error);
});

test('fetch: a host body passes through with its length, and is used up', async (t) => {
  const { isolate, url } = await setUp(t, echo);
  const source = isolate.handles.add(new StreamBody(Readable.from([Buffer.from('abc')]), { length: 3 }));
  const reply = await fetchUrl(isolate, 1, url, BodyKind.source, source, 'content-length\n77');
  assert.match(reply[2], /x-length\n3/);
  await assert.rejects(fetchUrl(isolate, 2, url, BodyKind.source, source), /on behalf of a different request/);
  // A response's body may itself be the next request's.
  const second = await fetchUrl(isolate, 3, url, BodyKind.source, reply[5]);
  assert.equal(await call(isolate, Request.sourceText, 4, second[5]), 'abc');
});

test('fetchAbort: rejects a fetch in flight and breaks a body being read', async (t) => {
  const reached = Promise.withResolvers<void>();
  const { isolate, url } = await setUp(t, (request, response) => {
    if (request.url === '/body') response.write('x');
    else reached.resolve();
  });
  const pending = fetchUrl(isolate, 1, url);
  await reached.promise;
  post(isolate, Post.fetchAbort, 1);
  await assert.rejects(pending, { name: 'AbortError' });
  assert.equal(isolate.connections, 0);

  const [, , , , , source] = await fetchUrl(isolate, 2, `${url}body`);
  await call(isolate, Request.sourceRead, 3, source);
  const rest = call(isolate, Request.sourceRead, 4, source);
  post(isolate, Post.fetchAbort, 2);
  await assert.rejects(rest, { name: 'AbortError' });
});

test('fetchAbort: while the fetch waits for one of the connections, which is given back', async (t) => {
  const { isolate, url } = await setUp(t, echo);
  const turn = Promise.withResolvers<void>();
  isolate.turn = turn.promise;
  const pending = fetchUrl(isolate, 1, url, BodyKind.stream);
  post(isolate, Post.fetchAbort, 1);
  await assert.rejects(pending, { name: 'AbortError' });
  turn.resolve();
  await tick();
  assert.equal(isolate.connections, 0);
  assert.equal(uploadsOf(isolate.handles).size, 0);
});

test('end of the event: fetches in flight and open bodies are closed, passed-on ones live', async (t) => {
  const closed: string[] = [];
  const bothClosed = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const { isolate, url } = await setUp(t, async (request, response) => {
    const path = request.url ?? '';
    response.on('close', () => {
      closed.push(path);
      if (closed.includes('/hang') && closed.includes('/open')) bothClosed.resolve();
    });
    if (path === '/hang') return reached.resolve();
    response.write('start');
    if (path !== '/passed') return;
    await release.promise;
    response.end(' end');
  });
  const hanging = fetchUrl(isolate, 1, `${url}hang`);
  const open = await fetchUrl(isolate, 2, `${url}open`);
  const passed = await fetchUrl(isolate, 3, `${url}passed`);
  await reached.promise;
  post(isolate, Post.respond, 200, 'OK', '', BodyKind.source, passed[5]);
  isolate.end.end();
  await assert.rejects(hanging, { name: 'AbortError' });
  await assert.rejects(call(isolate, Request.sourceRead, 4, open[5]), /on behalf of a different request/);
  await bothClosed.promise;
  release.resolve();
  assert.equal(await isolate.responder.body, 'start end');
  assert.equal(isolate.handles.size, 0);
  await assert.rejects(fetchUrl(isolate, 5, url), { name: 'AbortError' });
});

test('limits: subrequests count redirects, and a refused one sends nothing', async (t) => {
  let hits = 0;
  const { isolate, url } = await setUp(t, (request, response) => {
    hits++;
    if (request.url === '/') response.writeHead(302, { location: '/end' }).end();
    else response.end();
  });
  await fetchUrl(isolate, 1, url);
  assert.equal(isolate.subrequests, 2);
  isolate.mostSubrequests = 3;
  await assert.rejects(fetchUrl(isolate, 2, url));
  assert.equal(hits, 3);
  await assert.rejects(fetchUrl(isolate, 3, url));
  assert.equal(hits, 3);
});

test('hostile arguments: rejections, never a crash', async (t) => {
  const { isolate, url } = await setUp(t, echo);
  const gone = { name: 'Error', message: /on behalf of a different request/ };
  const bad = [undefined, null, 0, -1, 1.5, Number.NaN, '', 'x', {}, [], new Uint8Array(1), new ArrayBuffer(1), true, Symbol('x'), 2n, 999];
  for (const value of bad) {
    if (value !== 'x') await assert.rejects(call(isolate, Request.fetch, 1, value, url, '', 'follow', 0), { name: 'TypeError' });
    await assert.rejects(call(isolate, Request.fetch, 1, 'GET', value, '', 'follow', 0), { name: 'TypeError' });
    if (value !== '') await assert.rejects(call(isolate, Request.fetch, 1, 'GET', url, value, 'follow', 0), { name: 'TypeError' });
    await assert.rejects(call(isolate, Request.fetch, 1, 'GET', url, '', value, 0), { name: 'TypeError' });
    if (value !== 0) await assert.rejects(call(isolate, Request.fetch, 1, 'POST', url, '', 'follow', value), { name: 'TypeError' });
    await assert.rejects(call(isolate, Request.fetch, 1, 'POST', url, '', 'follow', BodyKind.source, value), gone);
    for (const op of [Request.sourceRead, Request.sourceText, Request.sourceBytes]) await assert.rejects(call(isolate, op, 1, value), gone);
    await assert.rejects(call(isolate, Request.uploadWrite, 1, value, new Uint8Array(1)), { name: 'TypeError' });
    await assert.rejects(call(isolate, Request.sinkWrite, 1, value), { name: 'TypeError' });
    for (const op of [Post.sourceCancel, Post.uploadClose, Post.uploadAbort, Post.fetchAbort]) post(isolate, op, value);
    for (let at = 0; at < 3; at++) {
      const args: unknown[] = [200, 'OK', '', BodyKind.bytes, value];
      args[at] = value;
      if (typeof args[4] === 'object' && args[4] !== null) args[4] = undefined;
      if (typeof value !== 'string' || at === 0) assert.throws(() => post(isolate, Post.respond, ...args));
    }
  }
  await assert.rejects(call(isolate, Request.fetch, 1.5, 'GET', url, '', 'follow', 0), { name: 'TypeError' });
  await assert.rejects(async () => requests[Request.fetch]?.(isolate, 99, 1, 'GET', url, '', 'follow', 0), { name: 'TypeError' });
  assert.deepEqual(isolate.responder.calls, []);
  // A handle of something else, and one of another isolate.
  const foreign = isolate.handles.add({ text: () => 'secret' });
  await assert.rejects(call(isolate, Request.sourceText, 1, foreign), /on behalf of a different request/);
  const other = new TestIsolate(isolate.egress);
  const theirs = other.handles.add(new StreamBody(Readable.from([Buffer.from('x')])));
  await assert.rejects(call(isolate, Request.sourceText, 1, theirs + 1), /on behalf of a different request/);
  assert.equal(other.handles.size, 1);
});

test('one call number is one fetch', async (t) => {
  const { isolate, url } = await setUp(t, () => {});
  const first = fetchUrl(isolate, 1, url);
  await assert.rejects(fetchUrl(isolate, 1, url), { name: 'TypeError', message: 'Invalid call.' });
  post(isolate, Post.fetchAbort, 1);
  await assert.rejects(first, { name: 'AbortError' });
});
