import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { Blob, blobBytes, createBlob, isBlob } from './blob.ts';
import { File, createFile, isFile } from './file.ts';

test('constructor: joins strings, buffers, views and blobs', async () => {
  const blob = new Blob(['aé', new Uint8Array([98, 99]).subarray(1), new Uint8Array([100]).buffer, new Blob(['e']), 5], { type: 'Text/Plain' });
  assert.equal(await blob.text(), 'aécde5');
  assert.equal(blob.size, 7);
  assert.equal(blob.type, 'text/plain');
});

test('constructor: copies what it is given', () => {
  const bytes = new Uint8Array([1, 2]);
  const blob = new Blob([bytes]);
  bytes[0] = 9;
  assert.deepEqual([...blobBytes(blob)], [1, 2]);
});

test('constructor: native line endings', async () => {
  assert.equal(await new Blob(['a\r\nb\rc\n\r\r\n'], { endings: 'native' }).text(), 'a\nb\nc\n\n\n');
});

test('constructor: a type with characters beyond ASCII is a MIME type, or dropped', () => {
  assert.equal(new Blob([], { type: 'a\u007f' }).type, '');
  assert.equal(new Blob([], { type: 'Text/HTML;Charset="\u00ff";x=\u0100' }).type, 'text/html;charset="\u00ff"');
  assert.equal(new Blob([], { type: '\tA/B\u00ff' }).type, '');
  assert.equal(new Blob([], { type: '\u00ff/b' }).type, '');
  assert.equal(new Blob(['x']).slice(0, 1, 'a\u007f/b').type, '');
  assert.throws(() => new Blob([], { endings: 'other' }), TypeError);
  assert.throws(() => new Blob('text'), TypeError);
});

test('slice: across chunks, with negative and overlong offsets', async () => {
  const blob = new Blob(['abc', 'def', 'ghi']);
  assert.equal(await blob.slice(2, 7).text(), 'cdefg');
  assert.equal(await blob.slice(-4, -1).text(), 'fgh');
  assert.equal(await blob.slice(5, 100, 'X/y').text(), 'fghi');
  assert.equal(blob.slice(5, 100, 'X/y').type, 'x/y');
  assert.equal(blob.slice(5, 2).size, 0);
});

test('slice: shares its bytes with the blob', () => {
  const blob = createBlob(new Uint8Array([1, 2, 3]), '');
  assert.equal(blobBytes(blob.slice(1)).buffer, blobBytes(blob).buffer);
});

test('arrayBuffer and bytes: copies the caller may change', async () => {
  const blob = new Blob(['abc']);
  (await blob.bytes())[0] = 0;
  new Uint8Array(await blob.arrayBuffer())[1] = 0;
  assert.equal(await blob.text(), 'abc');
});

test('stream: delivers all bytes', async () => {
  const reader = new Blob(['x'.repeat(100_000)]).stream().getReader() as { read(): Promise<{ done: boolean; value?: Uint8Array }> };
  let total = 0;
  for (let step = await reader.read(); !step.done; step = await reader.read()) total += step.value?.length ?? 0;
  assert.equal(total, 100_000);
});

test('patched species and prototypes do not reach the bytes', async () => {
  const species = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array), Symbol.species) as PropertyDescriptor;
  Object.defineProperty(Object.getPrototypeOf(Uint8Array), Symbol.species, { get: () => assert.fail('asked'), configurable: true });
  try {
    const blob = new Blob([new Uint8Array([97, 98])]);
    assert.equal(await blob.slice(1).text(), 'b');
    await blob.arrayBuffer();
  } finally {
    Object.defineProperty(Object.getPrototypeOf(Uint8Array), Symbol.species, species);
  }
});

test('File: name, lastModified and the brand', () => {
  const file = new File(['abc'], 'n\ud800.txt', { lastModified: 5.9, type: 'a/b' });
  assert.deepEqual([file.name, file.lastModified, file.size, file.type], ['n\ufffd.txt', 5, 3, 'a/b']);
  assert.ok(isFile(file) && isBlob(file) && !isFile(file.slice()));
  assert.throws(() => new File([], ...([] as unknown as ['x'])), TypeError);
  assert.equal(createFile(new Uint8Array(2), 'x', 'T').type, 't');
});
