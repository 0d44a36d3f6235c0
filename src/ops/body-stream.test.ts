import assert from 'node:assert/strict';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { BodyLimitError } from './body-errors.ts';
import { StreamBody, type StreamBodyOptions } from './body-stream.ts';
import { Utf8Accumulator } from './body-text.ts';
import { listen } from './egress/fixture.ts';

const of = (...chunks: (string | Uint8Array)[]): Readable => Readable.from(chunks.map((chunk) => Buffer.from(chunk as string)));
const lost = { name: 'TypeError', message: 'Network connection lost.' };
const used = { name: 'TypeError', message: /^Body has already been used/ };

test('read: chunks in order, then null for ever', async () => {
  const body = new StreamBody(of('a', 'b', 'c'));
  let text = '';
  for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) text += Buffer.from(chunk);
  assert.equal(text, 'abc');
  assert.equal(await body.read(), null);
});

test('read: what is buffered comes at once, in chunks of at most 1 MB', async () => {
  const stream = new Readable({ highWaterMark: 4 * 1024 * 1024, read() {} });
  const body = new StreamBody(stream);
  for (let i = 0; i < 40; i++) stream.push(Buffer.alloc(64 * 1024));
  stream.push(null);
  const sizes: number[] = [];
  for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) sizes.push(chunk.byteLength);
  assert.deepEqual(sizes, [1024 * 1024, 1024 * 1024, 512 * 1024]);
});

test('read: nothing is pulled ahead of the buffer', async () => {
  let pulled = 0;
  const stream = new Readable({
    highWaterMark: 10,
    read() {
      this.push(Buffer.alloc(10)), pulled++;
    },
  });
  const body = new StreamBody(stream);
  await body.read();
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(pulled <= 3, `${pulled}`);
  body.cancel();
  assert.ok(stream.destroyed);
});

test('read: a second reader at the same time is refused', async () => {
  const stream = new Readable({ read() {} });
  const body = new StreamBody(stream);
  const first = body.read();
  await assert.rejects(body.read(), used);
  stream.push('x');
  assert.equal(Buffer.from((await first) ?? []).toString(), 'x');
});

test('read: an error, a break-off and a cancellation reject', async () => {
  for (const harm of [(s: Readable) => s.destroy(new Error('/etc/secret')), (s: Readable) => s.destroy()]) {
    const stream = new Readable({ read() {} });
    const body = new StreamBody(stream);
    const waiting = body.read();
    harm(stream);
    await assert.rejects(waiting, lost);
    await assert.rejects(body.read(), lost);
  }
  const body = new StreamBody(new Readable({ read() {} }));
  const waiting = body.read();
  body.cancel();
  await assert.rejects(waiting, lost);
  body.cancel();
});

test('a stream that failed before anybody looked rejects too', async () => {
  const stream = new Readable({ read() {} });
  const body = new StreamBody(stream);
  stream.destroy(new Error('x'));
  await new Promise((resolve) => setImmediate(resolve));
  await assert.rejects(body.text(), lost);
});

test('text, bytes, stream: each takes the body', async () => {
  const take: ((body: StreamBody) => unknown)[] = [(b) => b.text(), (b) => b.bytes(), async (b) => b.stream().resume()];
  for (const first of take) {
    for (const second of take) {
      const body = new StreamBody(of('abc'));
      await first(body);
      await assert.rejects(async () => second(body), used);
      await assert.rejects(body.read(), used);
    }
  }
});

test('text, bytes: what is left after some reads', async () => {
  const stream = new Readable({ read() {} });
  const body = new StreamBody(stream);
  stream.push('first');
  await body.read();
  stream.push('rest');
  stream.push(null);
  assert.equal(await body.text(), 'rest');
});

test('text: decodes as TextDecoder does, wherever the chunks are cut', async () => {
  const samples = ['plain', 'grün €uro 🦊 漢字', '\ufeffbom', '\ufeff\ufefftwo boms', 'x\ufeffmiddle'].map((text) => Buffer.from(text));
  const odd = [
    0xf0, 0x9f, 0xa6, 0x8a, 0xe2, 0x82, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xff, 0xc0, 0x80, 0x41, 0xf4, 0x90, 0x80, 0x80, 0xe0, 0x9f, 0xbf, 0xef, 0xbb, 0xbf,
  ];
  // A fixed sequence of pseudo-random picks of troublesome bytes.
  let seed = 1;
  const next = (below: number): number => (seed = (seed * 48271) % 0x7fffffff) % below;
  for (let i = 0; i < 300; i++) samples.push(Buffer.from(Array.from({ length: 1 + next(9) }, () => odd[next(odd.length)] ?? 0)));
  for (const sample of samples) {
    const expected = new TextDecoder().decode(sample);
    for (let size = 1; size <= Math.min(sample.length, 5); size++) {
      const text = new Utf8Accumulator();
      for (let at = 0; at < sample.length; at += size) text.push(sample.subarray(at, at + size));
      assert.equal(text.finish(), expected, `${sample.toString('hex')} by ${size}`);
    }
  }
});

test('text, bytes: no more is held than allowed', async () => {
  for (const way of ['text', 'bytes'] as const) {
    const undeclared = of('12345', '67890');
    await assert.rejects(new StreamBody(undeclared, { held: 9 })[way](), { name: 'TypeError', message: /^Memory limit would be exceeded before EOF/ });
    assert.ok(undeclared.destroyed);
    await assert.rejects(new StreamBody(of('1234567890'), { held: 9, length: 10 })[way](), /Memory limit/);
  }
});

test('limit: exact, for every way of reading', async () => {
  const ways: ((body: StreamBody) => Promise<unknown>)[] = [
    (b) => b.text(),
    (b) => b.bytes(),
    async (b) => {
      while ((await b.read()) !== null);
    },
    async (b) => {
      for await (const _ of b.stream());
    },
  ];
  for (const way of ways) {
    await way(new StreamBody(of('12345', '67890'), { limit: 10 }));
    await assert.rejects(way(new StreamBody(of('12345', '678901'), { limit: 10 })), (error) => error instanceof BodyLimitError && error.status === 413);
    await assert.rejects(way(new StreamBody(of('x'), { limit: 10, length: 11 })), BodyLimitError);
  }
});

test('whenSettled: once, at the end, at a failure, at a cancellation, at a hand-over', async () => {
  const ways: ((body: StreamBody, stream: Readable) => unknown)[] = [
    (b) => b.text(),
    (b) => b.cancel(),
    (b) => b.stream(),
    (b) => b.disown(),
    (_, s) => new Promise((resolve) => s.destroy().on('close', resolve)),
  ];
  for (const way of ways) {
    const stream = of('x');
    const body = new StreamBody(stream);
    let count = 0;
    body.whenSettled(() => count++);
    await way(body, stream);
    body.cancel();
    assert.equal(count, 1);
  }
});

/** Sends a request with `write`, and gives the server's side of it to `serve`. */
async function exchange(
  t: TestContext,
  write: (request: ReturnType<typeof httpRequest>) => void,
  serve: (request: IncomingMessage) => Promise<string>,
): Promise<string> {
  const port = await listen(
    t,
    createServer(async (request, response) => response.end(await serve(request).catch((error: Error) => `${error.name}: ${error.message}`))),
  );
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, method: 'POST', host: '127.0.0.1' }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve(text);
    });
    request.on('error', reject);
    write(request);
  });
}

test('incoming request: cancelling, limits and destroyed relays leave the socket for the response', async (t) => {
  const options: StreamBodyOptions = { limit: 4 };
  const big = (r: ReturnType<typeof httpRequest>): void => void (r.write('123'), r.end('456'));
  assert.match(await exchange(t, big, (r) => new StreamBody(r, options).text()), /larger than the limit of 4 bytes/);
  assert.equal(await exchange(t, big, async (r) => (new StreamBody(r).cancel(), 'cancelled')), 'cancelled');
  assert.equal(await exchange(t, big, async (r) => (new StreamBody(r).stream().destroy(), 'destroyed')), 'destroyed');
  assert.equal(
    await exchange(t, big, async (r) => {
      let text = '';
      for await (const chunk of new StreamBody(r).stream()) text += chunk;
      return text;
    }),
    '123456',
  );
});

test('incoming request: a client that goes away rejects the read', async (t) => {
  const outcome = Promise.withResolvers<unknown>();
  const port = await listen(
    t,
    createServer(async (request) => {
      const body = new StreamBody(request);
      await body.read();
      const rest = body.read();
      client.destroy();
      outcome.resolve(await rest.catch((error: unknown) => error));
    }),
  );
  const client = httpRequest({ port, method: 'POST', host: '127.0.0.1', headers: { 'content-length': 100 } }).on('error', () => {});
  client.write('start');
  const error = (await outcome.promise) as Error;
  assert.equal(error.message, 'Network connection lost.');
});
