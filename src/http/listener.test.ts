import assert from 'node:assert/strict';
import { Agent, type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { RawClient, rawRequest, send } from '../../test/support/request.ts';
import { type Handler, listen } from './listener.fixture.ts';

const hello: Handler = (client) => client.send(200, '', '', 'hello');
const readBody: Handler = (client, { body, inline }) => {
  void (body === undefined ? Promise.resolve(String(inline ?? 'none')) : body.text()).then(
    (text) => client.send(200, '', '', text),
    (error: Error) => client.fail({ name: 'exception', error: { name: error.name, message: error.message, stack: '' }, passThrough: false }),
  );
};

const headerOf = (head: string, name: string): string[] => {
  const parts = head.split('\n').slice(2);
  return parts.filter((_part, i) => i % 2 === 1 && parts[i - 1] === name);
};

test('request: its head reaches the site, flat', async (t) => {
  const { port, heads } = await listen(t, hello);
  const answer = await send(port, { path: '/a?b', headers: { host: 'test', 'X-Y': 'z' } });
  assert.equal(answer.text, 'hello');
  const [head = ''] = heads;
  assert.deepEqual(head.split('\n').slice(0, 2), ['GET', 'http://test/a?b']);
  assert.deepEqual(headerOf(head, 'x-y'), ['z']);
  assert.deepEqual(headerOf(head, 'host'), ['test']);
});

test('request: Date and Keep-Alive are as Node sets them', async (t) => {
  const { port } = await listen(t, (client) => client.send(200, '', 'date\nnever\nkeep-alive\nno\nx-a\nb', 'hello'));
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const asked = Date.now();
  const { headers } = await send(port, { headers: { host: 'test' }, agent });
  const date = Date.parse(String(headers.date));
  // It has whole seconds, and Node keeps it for up to one.
  assert.ok(date > asked - 2000 && date <= Date.now(), String(headers.date));
  assert.equal(headers.connection, 'keep-alive');
  assert.equal(headers['keep-alive'], 'timeout=10');
  assert.equal(headers['x-a'], 'b');
});

test('x-request-id: a usable one is kept, for app, client and log', async (t) => {
  const { port, heads, recorded } = await listen(t, hello);
  const given = await send(port, { headers: { host: 'test', 'X-Request-Id': 'abc.1' } });
  const made = await send(port, { headers: { host: 'test', 'X-Request-Id': 'no good' } });
  const none = await send(port, { headers: { host: 'test' } });
  assert.equal(given.headers['x-request-id'], 'abc.1');
  const ids = [given, made, none].map((answer) => String(answer.headers['x-request-id']));
  assert.equal(new Set(ids).size, 3);
  assert.deepEqual(
    heads.map((head) => headerOf(head, 'x-request-id')),
    ids.map((id) => [id]),
  );
  assert.deepEqual(
    (await recorded(3)).map((record) => record.requestId),
    ids,
  );
});

test('forwarding headers: a proxy on this machine is believed', async (t) => {
  const { port, heads } = await listen(t, hello);
  await send(port, { headers: { host: 'test' } });
  await send(port, { headers: { host: 'test', 'x-forwarded-proto': 'https', 'x-real-ip': '203.0.113.9', 'x-forwarded-for': '198.51.100.1, 203.0.113.9' } });
  const [bare = '', proxied = ''] = heads;
  for (const [head, address, scheme] of [
    [bare, '127.0.0.1', 'http'],
    [proxied, '203.0.113.9', 'https'],
  ] as const) {
    assert.ok(head.startsWith(`GET\n${scheme}://test/`));
    assert.deepEqual(headerOf(head, 'cf-connecting-ip'), [address]);
    assert.deepEqual(headerOf(head, 'x-real-ip'), [address]);
    assert.deepEqual(headerOf(head, 'x-forwarded-proto'), [scheme]);
  }
  assert.deepEqual(headerOf(proxied, 'x-forwarded-for'), ['198.51.100.1, 203.0.113.9']);
});

test('request: what is malformed is refused with 400', async (t) => {
  const { port, heads } = await listen(t, hello);
  for (const text of [
    'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a b\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
    'GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
    'nonsense\r\n\r\n',
  ]) {
    const client = new RawClient(port);
    client.write(text);
    assert.match(await client.until(/\r\n\r\n/), /^HTTP\/1\.1 400 /, text);
    client.destroy();
  }
  assert.deepEqual(heads, []);
});

test('request: absolute form names the host', async (t) => {
  const { port, heads } = await listen(t, hello);
  await rawRequest(port, 'GET http://other/x HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n');
  const [head = ''] = heads;
  assert.ok(head.startsWith('GET\nhttp://other/x\n'));
  assert.deepEqual(headerOf(head, 'host'), ['other']);
});

test('request: an unknown host, a long URL, long headers and a broken app have their statuses', async (t) => {
  const { port } = await listen(t, hello);
  assert.equal((await send(port, { headers: { host: 'nowhere' } })).status, 404);
  assert.equal((await send(port, { headers: { host: 'test' }, path: `/${'x'.repeat(1000)}` })).status, 414);
  assert.equal((await send(port, { headers: { host: 'test', 'x-long': 'x'.repeat(5000) } })).status, 431);
  const broken = await listen(t, hello, { refusal: 'appBroken' });
  assert.equal((await send(broken.port, { headers: { host: 'test' } })).status, 503);
  const [record] = await broken.recorded(1);
  assert.deepEqual([record?.app, record?.outcome, record?.error], ['a', 'appBroken', 'broken']);
});

test('body: read whole, of declared length or chunked', async (t) => {
  const { port } = await listen(t, readBody);
  assert.equal((await send(port, { headers: { host: 'test' }, body: 'xyz' })).text, 'xyz');
  const chunked = await rawRequest(
    port,
    'POST / HTTP/1.1\r\nHost: test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n',
  );
  assert.match(chunked, /\r\n\r\nabc$/);
});

test('body: one over the limit is 413, whether declared or found out', async (t) => {
  const { port, records, heads, recorded } = await listen(t, readBody, { bodyBytes: 5 });
  const declared = await rawRequest(port, 'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 6\r\n\r\n');
  assert.match(declared, /^HTTP\/1\.1 413 /);
  assert.match(declared, /connection: close/i);
  assert.equal(heads.length, 0);
  const found = new RawClient(port);
  found.write('POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n');
  assert.match(await found.until(/\r\n\r\n/), /^HTTP\/1\.1 413 /);
  await found.closed;
  await recorded(2);
  assert.deepEqual(
    records.map((record) => [record.app, record.outcome]),
    [
      ['a', 'bodyTooLarge'],
      ['a', 'bodyTooLarge'],
    ],
  );
});

test('expect: a body is asked for, and comes', async (t) => {
  const { port } = await listen(t, readBody);
  const client = new RawClient(port);
  client.write('POST / HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n');
  assert.equal(await client.until(/\r\n\r\n/), 'HTTP/1.1 100 Continue\r\n\r\n');
  client.write('abc');
  await client.closed;
  assert.match(client.received, /200 OK[\s\S]*\r\n\r\nabc$/);
});

test('expect: a body that will not be taken is not asked for, and the connection not used again', async (t) => {
  const large = await listen(t, readBody, { bodyBytes: 2 });
  const broken = await listen(t, readBody, { refusal: 'appBroken' });
  for (const [port, status] of [
    [large.port, 413],
    [broken.port, 503],
  ] as const) {
    const answer = await rawRequest(port, 'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n');
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
  }
});

test('expect: what is none of ours reaches the app, with the body', async (t) => {
  const { port, heads } = await listen(t, readBody);
  const answer = await rawRequest(port, 'POST / HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 2\r\nExpect: tea\r\n\r\nhi');
  assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*\r\n\r\nhi$/);
  assert.deepEqual(headerOf(heads[0] as string, 'expect'), ['tea']);
});

test('body: an empty one that is declared is there, but for GET and HEAD', async (t) => {
  const { port } = await listen(t, (client, { body, inline }) => client.send(200, '', '', `${body === undefined} ${JSON.stringify(inline)}`));
  const ask = async (method: string, length: string): Promise<string> =>
    (await rawRequest(port, `${method} / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n${length}\r\n`)).split('\r\n\r\n')[1] as string;
  const empty = 'Content-Length: 0\r\n';
  assert.equal(await ask('POST', empty), 'true ""');
  assert.equal(await ask('DELETE', empty), 'true ""');
  assert.equal(await ask('GET', empty), 'true undefined');
  assert.equal(await ask('POST', ''), 'true undefined');
});

test('keep-alive: pipelined requests are answered in order, one at a time, each with its own bytes counted', async (t) => {
  let underWay = 0;
  const { port, recorded } = await listen(t, (client, { head }) => {
    assert.equal(++underWay, 1);
    setImmediate(() => {
      underWay--;
      client.send(200, '', '', head.split('\n')[1]);
    });
  });
  const client = new RawClient(port);
  client.write('GET /1 HTTP/1.1\r\nHost: t\r\n\r\nGET /2 HTTP/1.1\r\nHost: t\r\n\r\nGET /3 HTTP/1.1\r\nHost: t\r\n\r\n');
  await client.until(/t\/3$/);
  assert.deepEqual(client.received.match(/http:\/\/t\/\d/g), ['http://t/1', 'http://t/2', 'http://t/3']);
  const records = await recorded(3);
  assert.equal(
    records.reduce((sum, record) => sum + record.bytesIn, 0),
    3 * 'GET /1 HTTP/1.1\r\nHost: t\r\n\r\n'.length,
  );
  client.destroy();
});

test('pipelining: what waits when the client goes is not begun', async (t) => {
  const { port, heads, gone, inFlight, recorded } = await listen(t, () => {});
  const client = new RawClient(port);
  client.write('GET /1 HTTP/1.1\r\nHost: t\r\n\r\nGET /2 HTTP/1.1\r\nHost: t\r\n\r\n');
  while (heads.length < 1) await new Promise((resolve) => setImmediate(resolve));
  client.destroy();
  await recorded(1);
  assert.deepEqual([heads.length, gone.length, inFlight()], [1, 1, 0]);
});

test('pipelining: of a flood so many are answered, and then the connection ends', async (t) => {
  const { port } = await listen(t, (client) => void setImmediate(() => client.send(200, '', '', 'hello')));
  const answers = (await rawRequest(port, 'GET / HTTP/1.1\r\nHost: t\r\n\r\n'.repeat(2000))).split('HTTP/1.1 200 OK').length - 1;
  assert.equal(answers, 101);
});

test('CONNECT: a client that has gone before it is refused ends nothing but its connection', async (t) => {
  const { listener, recorded } = await listen(t, hello);
  const gone = Object.assign(new Error('write ECONNRESET'), { code: 'ECONNRESET' });
  const socket = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done(gone) });
  listener.server.emit('connect', {} as IncomingMessage, socket, Buffer.alloc(0));
  await recorded(1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(socket.destroyed, true);
});

test('pipelining: nothing is written into a response that is on its way', async (t) => {
  for (const rest of ['no request\r\n\r\n', 'CONNECT t:80 HTTP/1.1\r\nHost: t\r\n\r\n']) {
    const begun = Promise.withResolvers<void>();
    const { port } = await listen(t, (client) => {
      client.start(200, '', '');
      void client.write(Buffer.from('a part'));
      begun.resolve();
    });
    const client = new RawClient(port);
    client.write('GET /1 HTTP/1.1\r\nHost: t\r\n\r\n');
    await begun.promise;
    await client.until(/a part/);
    client.write(rest);
    await client.closed;
    assert.doesNotMatch(client.received, / 400 /);
  }
});

test('drain: connections are closed after their response, and then it is over', async (t) => {
  const arrived = Promise.withResolvers<() => void>();
  const { port, listener } = await listen(t, (client) => arrived.resolve(() => client.send(200, '', '', 'late')));
  const client = new RawClient(port);
  client.write('GET / HTTP/1.1\r\nHost: t\r\n\r\n');
  const answer = await arrived.promise;
  const drained = listener.drain();
  answer();
  await Promise.all([drained, client.closed]);
  assert.match(client.received, /late$/);
  assert.match(client.received, /connection: close/i);
});

test('idle: a client that stops in the middle of its body is let go', async (t: TestContext) => {
  const { port, inFlight, recorded } = await listen(t, readBody, { idleMs: 50 });
  const client = new RawClient(port);
  client.write('POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc');
  await client.closed;
  await recorded(1);
  assert.equal(inFlight(), 0);
});

test('body: what nobody reads is taken up to a bound, then the connection is cut', async (t) => {
  const { port } = await listen(t, hello, { bodyBytes: 100_000_000_000 });
  const client = new RawClient(port);
  client.write('POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 50000000000\r\n\r\n');
  await client.until(/hello/);
  const chunk = 'x'.repeat(64 * 1024);
  // What the kernel buffers counts as sent: the server must cut long before the end.
  for (let sent = 0; sent < 50_000_000_000 && !client.socket.destroyed; sent += chunk.length) {
    if (client.socket.write(chunk, 'latin1')) continue;
    await Promise.race([client.closed, new Promise<void>((resolve) => client.socket.once('drain', () => resolve()))]);
  }
  await client.closed;
  assert.ok(client.socket.bytesWritten < 50_000_000_000, `${client.socket.bytesWritten}`);
});

test('bad request: what is no HTTP gets a line in the log, too', async (t) => {
  const { port, recorded } = await listen(t, hello);
  assert.match(await rawRequest(port, 'GET / HTTP/1.1\r\nbad header\r\n\r\n'), /^HTTP\/1\.1 400 /);
  const [record] = await recorded(1);
  assert.deepEqual([record?.status, record?.outcome, record?.app], [400, 'badRequest', '']);
});

test('body: the connection goes on after a body of some size that nobody read', async (t) => {
  const { port } = await listen(t, hello, { bodyBytes: 100_000_000 });
  const client = new RawClient(port);
  t.after(() => client.destroy());
  client.write(`POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 250000\r\n\r\n${'x'.repeat(100_000)}`);
  await client.until(/hello/);
  client.write('x'.repeat(150_000));
  client.write('GET /next HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n');
  await client.until(/hello[\s\S]*hello/);
});
