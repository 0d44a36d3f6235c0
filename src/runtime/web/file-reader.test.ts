import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import './testing/chunks.ts';
import { Post } from '../../protocol/ops.ts';
import { Blob } from './blob.ts';
import { FileList, FileReader } from './file-reader.ts';
import { fireTimer } from './timers.ts';
import { type FakeHost, fakeHost, turn } from './testing/fake-host.ts';

let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
});

/** Fires timers until there are none. */
async function settle(): Promise<void> {
  for (;;) {
    await turn();
    const timers = host.posts.filter(([op]) => op === Post.timerStart);
    if (timers.length === 0) return;
    host.clear();
    for (const [, event, timer] of timers) fireTimer(event as number, timer as number);
  }
}

const heard = (reader: FileReader): string[] => {
  const types: string[] = [];
  for (const type of ['loadstart', 'progress', 'load', 'abort', 'error', 'loadend'])
    reader.addEventListener(type, () => types.push(`${type} ${reader.readyState}`));
  return types;
};

async function read(begin: (reader: FileReader) => void): Promise<unknown> {
  const reader = new FileReader();
  begin(reader);
  assert.equal(reader.readyState, 1);
  await settle();
  assert.equal(reader.readyState, 2);
  return reader.result;
}

test('read: fires its events in order', async () => {
  const full = new FileReader();
  const events = heard(full);
  full.readAsText(new Blob(['text']));
  await settle();
  assert.deepEqual(events, ['loadstart 1', 'progress 1', 'load 2', 'loadend 2']);
  const empty = new FileReader();
  const fewer = heard(empty);
  empty.readAsText(new Blob([]));
  await settle();
  assert.deepEqual(fewer, ['loadstart 1', 'load 2', 'loadend 2']);
});

test('read: packs the bytes as asked', async () => {
  const blob = new Blob([new Uint8Array([0xe4, 0x62])], { type: 'text/plain;charset=latin1' });
  assert.deepEqual([...new Uint8Array((await read((reader) => reader.readAsArrayBuffer(blob))) as ArrayBuffer)], [0xe4, 0x62]);
  assert.equal(await read((reader) => reader.readAsBinaryString(blob)), '\u00e4b');
  assert.equal(await read((reader) => reader.readAsDataURL(new Blob(['a']))), 'data:application/octet-stream;base64,YQ==');
});

test('readAsText: by the label, the type, or a byte order mark', async () => {
  const utf16 = new Uint8Array([0xfe, 0xff, 0, 0x61]);
  assert.equal(await read((reader) => reader.readAsText(new Blob([utf16]))), 'a');
  assert.equal(await read((reader) => reader.readAsText(new Blob([utf16.subarray(2)]), 'utf-16be')), 'a');
  assert.equal(await read((reader) => reader.readAsText(new Blob([utf16.subarray(2)], { type: 'text/plain;charset=utf-16be' }))), 'a');
  assert.equal(await read((reader) => reader.readAsText(new Blob(['\u00e4']), 'no such thing')), '\u00e4');
});

test('abort: ends the read at once, and nothing of it comes later', async () => {
  const reader = new FileReader();
  const events = heard(reader);
  reader.readAsText(new Blob(['text']));
  reader.abort();
  await settle();
  assert.deepEqual(events, ['abort 2', 'loadend 2']);
  assert.equal(reader.result, null);
});

test('read: one at a time, and of blobs', () => {
  const reader = new FileReader();
  reader.readAsText(new Blob(['text']));
  assert.throws(() => reader.readAsText(new Blob(['other'])), { name: 'InvalidStateError' });
  assert.throws(() => new FileReader().readAsText('text'), TypeError);
  assert.throws(() => FileReader.prototype.abort.call({} as FileReader), TypeError);
});

test('FileList: is an interface without objects', () => {
  assert.throws(() => new FileList(), { message: 'Illegal constructor' });
});
