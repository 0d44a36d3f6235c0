import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { brotliCompressSync, createGzip, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { OutboundResponse } from '../ports/egress.ts';
import { egressFor, listen } from './egress/fixture.ts';

type Close = { after(callback: () => unknown): void };

const TEXT = Buffer.from('the quick brown fox jumps over the lazy dog '.repeat(20_000));

async function answering(t: Close, coding: string | string[], data: Buffer, pieces = 1): Promise<OutboundResponse> {
  const port = await listen(
    t,
    createServer((_, response) => {
      response.setHeader('content-encoding', coding);
      if (pieces === 1) response.setHeader('content-length', data.length);
      const size = Math.max(1, Math.ceil(data.length / pieces));
      for (let at = 0; at < data.length; at += size) response.write(data.subarray(at, at + size));
      response.end();
    }),
  );
  return egressFor(t).fetch(
    { method: 'GET', url: `http://127.0.0.1:${port}/`, headers: '', body: undefined, redirect: 'follow', signal: new AbortController().signal },
    () => {},
  );
}

const CODINGS: [string | string[], Buffer][] = [
  ['gzip', gzipSync(TEXT)],
  ['X-GZIP', gzipSync(TEXT)],
  ['deflate', deflateSync(TEXT)],
  ['deflate', deflateRawSync(TEXT)],
  ['br', brotliCompressSync(TEXT)],
  ['zstd', zstdCompressSync(TEXT)],
  ['gzip, br', brotliCompressSync(gzipSync(TEXT))],
  [['gzip', 'br'], brotliCompressSync(gzipSync(TEXT))],
  ['identity', TEXT],
];

for (const [coding, data] of CODINGS) {
  test(`decode: ${coding}${data[0] === 0x78 ? ' (zlib)' : ''}`, async (t) => {
    for (const pieces of [1, 7]) {
      const response = await answering(t, coding, data, pieces);
      assert.equal(Buffer.from((await response.body?.bytes()) ?? new ArrayBuffer()).equals(TEXT), true);
      if (coding !== 'identity') assert.doesNotMatch(response.headers, /content-(encoding|length)/);
    }
  });
}

test('decode: an unknown coding is passed on as it is', async (t) => {
  const response = await answering(t, 'secret', TEXT);
  assert.match(response.headers, /content-encoding\nsecret/);
  assert.match(response.headers, /content-length\n/);
  assert.equal((await response.body?.bytes())?.byteLength, TEXT.length);
});

test('decode: too many layers are passed on as they are', async (t) => {
  const response = await answering(t, 'gzip, gzip, gzip, gzip, gzip', gzipSync('x'));
  assert.match(response.headers, /content-encoding/);
  response.body?.cancel();
});

test('decode: no bytes at all are an empty body', async (t) => {
  for (const coding of ['gzip', 'deflate', 'br', 'zstd', 'gzip, br'])
    assert.equal(await (await answering(t, coding, Buffer.alloc(0), 2)).body?.text(), '', coding);
});

test('decode: truncated and false data are errors', async (t) => {
  const explained = { name: 'TypeError', message: 'The response body is not what its Content-Encoding says.' };
  for (const [coding, data] of CODINGS.slice(0, 6)) {
    await assert.rejects((await answering(t, coding, data.subarray(0, data.length >> 1))).body?.text() ?? Promise.resolve(), explained, `${coding} truncated`);
    await assert.rejects(
      (await answering(t, coding, Buffer.from('\x07 this is not compressed at all'))).body?.text() ?? Promise.resolve(),
      explained,
      `${coding} false`,
    );
  }
});

test('decode: a bomb unfolds only as far as it is read', async (t) => {
  const zeros = Buffer.alloc(1024 * 1024);
  const port = await listen(
    t,
    createServer((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      const gzip = createGzip();
      gzip.pipe(response);
      let left = 512;
      const more = (): void => {
        while (left-- > 0) if (!gzip.write(zeros)) return void gzip.once('drain', more);
        gzip.end();
      };
      more();
      response.on('close', () => gzip.destroy());
    }),
  );
  const request = {
    method: 'GET',
    url: `http://127.0.0.1:${port}/`,
    headers: '',
    body: undefined,
    redirect: 'follow',
    signal: new AbortController().signal,
  } as const;
  const egress = egressFor(t);
  const { body } = await egress.fetch(request, () => {});
  const before = process.memoryUsage().rss;
  let total = 0;
  for (let i = 0; i < 50; i++) total += (await body?.read())?.byteLength ?? 0;
  assert.ok(total > 0);
  assert.ok(process.memoryUsage().rss - before < 100 * 1024 * 1024);
  body?.cancel();
  const again = await egress.fetch(request, () => {});
  await assert.rejects(again.body?.text() ?? Promise.resolve(), /Memory limit would be exceeded/);
});
