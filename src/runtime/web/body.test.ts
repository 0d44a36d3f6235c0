import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { Blob } from './blob.ts';
import { FormData } from './form-data.ts';
import { Response } from './response.ts';
import { ReadableStream } from './streams/readable-stream.ts';
import { URLSearchParams } from './url/search-params.ts';

type Reader = { read(view?: unknown): Promise<{ done: boolean; value: Uint8Array | undefined }> };
const streamOf = (...chunks: unknown[]): ReadableStream =>
  new ReadableStream({
    start(controller: unknown) {
      const it = controller as { enqueue(chunk: unknown): void; close(): void };
      for (const chunk of chunks) it.enqueue(chunk);
      it.close();
    },
  });

test('init: every type, with its content type and text', async () => {
  const view = new Uint8Array([0, 104, 105, 0]);
  const cases: [unknown, string | null, string][] = [
    ['hé', 'text/plain;charset=UTF-8', 'hé'],
    ['\ud800', 'text/plain;charset=UTF-8', '\ufffd'],
    ['\ufeffx', 'text/plain;charset=UTF-8', 'x'],
    [12, 'text/plain;charset=UTF-8', '12'],
    [{}, 'text/plain;charset=UTF-8', '[object Object]'],
    [new Uint8Array(view.buffer, 1, 2), null, 'hi'],
    [new DataView(view.buffer, 1, 2), null, 'hi'],
    [new Uint8Array([104]).buffer, null, 'h'],
    [new Blob(['b'], { type: 'A/b' }), 'a/b', 'b'],
    [new Blob(['b']), null, 'b'],
    [new URLSearchParams('a=b c'), 'application/x-www-form-urlencoded;charset=UTF-8', 'a=b+c'],
    [streamOf(new Uint8Array([104]), new Uint8Array([105])), null, 'hi'],
  ];
  for (const [init, type, text] of cases) {
    const response = new Response(init);
    assert.equal(response.headers.get('content-type'), type);
    assert.equal(await response.text(), text);
  }
  assert.throws(() => new Response(new Uint8Array(new SharedArrayBuffer(1))), TypeError);
  assert.throws(() => new Response(Symbol('s')), TypeError);
});

test('consume: every form from text and from bytes', async () => {
  for (const init of ['[1]', new Uint8Array([91, 49, 93]), new Blob(['[1]']), streamOf(new Uint8Array([91, 49, 93]))]) {
    const response = new Response(init);
    const copies = [response.clone(), response.clone(), response.clone(), response.clone()] as const;
    assert.equal(await response.text(), '[1]');
    assert.deepEqual(await copies[0].json(), [1]);
    assert.deepEqual(await copies[1].bytes(), new Uint8Array([91, 49, 93]));
    assert.equal((await copies[2].arrayBuffer()).byteLength, 3);
    assert.equal((await copies[3].blob()).size, 3);
  }
});

test('consume: a null body is empty and can be read again', async () => {
  const response = new Response(null);
  assert.equal(await response.text(), '');
  assert.equal((await response.arrayBuffer()).byteLength, 0);
  assert.equal(response.bodyUsed, false);
  await assert.rejects(response.json(), SyntaxError);
});

test('consume: clones share no memory', async () => {
  const response = new Response(new Uint8Array([1]));
  const clone = response.clone();
  (await response.bytes())[0] = 9;
  assert.deepEqual(await clone.bytes(), new Uint8Array([1]));
  const blob = new Blob([new Uint8Array([1])]);
  (await new Response(blob).bytes())[0] = 9;
  assert.deepEqual(await blob.bytes(), new Uint8Array([1]));
});

test('consume: a clone keeps its bytes when the stream they share an origin with is read', async () => {
  const first = new Response(new Uint8Array([1]));
  const second = new Response(first.body);
  const clone = second.clone();
  const read = await (first.body?.getReader() as unknown as Reader).read();
  (read.value as Uint8Array)[0] = 9;
  assert.deepEqual(await clone.bytes(), new Uint8Array([1]));
});

test('consume: a used or locked body rejects', async () => {
  const used = new Response('x');
  await used.text();
  await assert.rejects(used.text(), TypeError);
  const locked = new Response('x');
  locked.body?.getReader();
  assert.equal(locked.bodyUsed, false);
  await assert.rejects(locked.text(), TypeError);
  assert.throws(() => locked.clone(), TypeError);
});

test('stream: is the same each time, and reads what the body is', async () => {
  const response = new Response('hi');
  const { body } = response;
  assert.equal(response.body, body);
  const reader = body?.getReader() as Reader;
  assert.deepEqual((await reader.read()).value, new Uint8Array([104, 105]));
  assert.equal(response.bodyUsed, true);
  assert.equal((await reader.read()).done, true);
});

test('stream: a BYOB reader gets its buffer back at the end', async () => {
  const reader = new Response('hi').body?.getReader({ mode: 'byob' }) as unknown as Reader;
  assert.deepEqual((await reader.read(new Uint8Array(4))).value, new Uint8Array([104, 105]));
  const end = await reader.read(new Uint8Array(4));
  assert.deepEqual([end.done, end.value?.byteLength], [true, 0]);
});

test('stream: after consuming it is locked, disturbed and closed', async () => {
  const touched = new Response('x');
  const before = touched.body;
  assert.equal(await touched.text(), 'x');
  assert.equal(before?.locked, true);
  const untouched = new Response('x');
  await untouched.text();
  assert.equal(untouched.body?.locked, true);
  assert.equal(untouched.bodyUsed, true);
  assert.throws(() => new Response(before), TypeError);
});

test('stream: chunks that are not Uint8Array reject', async () => {
  for (const chunk of ['x', 1, null, {}, new Uint16Array(1)]) await assert.rejects(new Response(streamOf(chunk)).text(), TypeError);
});

test('stream: thousands of waiting chunks do not fill the stack', async () => {
  const chunks = Array.from({ length: 20_000 }, () => new Uint8Array([120]));
  assert.equal((await new Response(streamOf(...chunks)).text()).length, 20_000);
});

test('formData: multipart and urlencoded; anything else rejects', async () => {
  const data = new FormData();
  data.append('a', '1');
  data.append('f', new Blob(['x']), 'n');
  const parsed = await new Response(data).formData();
  assert.equal(parsed.get('a'), '1');
  assert.equal((await new Response(new URLSearchParams('a=1&b=%20')).formData()).get('b'), ' ');
  await assert.rejects(new Response('x').formData(), TypeError);
  await assert.rejects(new Response('x', { headers: { 'content-type': 'multipart/form-data; boundary=a' } }).formData(), TypeError);
});

test('tenant: a then on Object.prototype cannot come between bytes and text', async () => {
  const response = new Response(streamOf(new Uint8Array([104, 105])));
  let isAsked = false;
  Object.defineProperty(Object.prototype, 'then', { configurable: true, get: () => void (isAsked = true) });
  const text = response.text();
  Reflect.deleteProperty(Object.prototype, 'then');
  assert.equal(await text, 'hi');
  assert.equal(isAsked, false);
});
