import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { makeBadge } from './badge.ts';
import { frameOf } from './frame-reader.ts';
import { Gate } from './gate.ts';
import { type Line, Lines } from './lines.ts';

const MEGABYTE = 1024 * 1024;

const gate = new Gate({ key: 'key', grants: { groups: [], first: undefined }, onTrouble: () => {} });
const badge = (group: string): Buffer => frameOf(makeBadge('key', { kind: 'engine', group }));

/** A connection that takes nothing of what it is sent. */
class FakeSocket extends PassThrough {
  unread = 0;

  constructor() {
    super();
    Object.defineProperty(this, 'writableLength', { get: () => this.unread });
  }
}

function open(lines: Lines, ...bytes: Buffer[]): { socket: FakeSocket; line: Line | undefined; frames: string[] } {
  const socket = new FakeSocket();
  const opened = { socket, line: undefined as Line | undefined, frames: [] as string[] };
  lines.open(socket as unknown as Socket, (line) => {
    opened.line = line;
    return (frame) => void opened.frames.push(String(frame));
  });
  for (const chunk of bytes) socket.emit('data', chunk);
  return opened;
}

test('lines: frames that come with the badge, and after it', () => {
  const { line, frames } = open(new Lines(gate, 100), Buffer.concat([badge('a'), frameOf('one')]), frameOf('two'));
  assert.deepEqual([line?.pass.holder, frames], ['engine a', ['one', 'two']]);
});

test('lines: nothing is heard of whoever shows no badge, and nothing long of whoever has not yet', () => {
  const lines = new Lines(gate, 10 * MEGABYTE);
  const long = Buffer.alloc(4);
  long.writeUInt32LE(4097);
  const forged = frameOf(makeBadge('other', { kind: 'operator' }));
  for (const hello of [frameOf('me'), frameOf(''), forged, long, Buffer.of(255, 255, 255, 255)]) {
    const { socket, line, frames } = open(lines, hello, badge('a'), frameOf('one'));
    assert.deepEqual([socket.destroyed, line, frames], [true, undefined, []]);
  }
  assert.equal(open(lines, badge('a'), long).socket.destroyed, false);
  long.writeUInt32LE(10 * MEGABYTE + 1);
  assert.equal(open(lines, badge('a'), long).socket.destroyed, true);
});

test('lines: a badge that does not come in time', async () => {
  const lines = new Lines(gate, 100, 1);
  const known = open(lines, badge('a'));
  const { socket } = open(lines, badge('a').subarray(0, 5));
  await once(socket, 'close');
  assert.equal(known.socket.destroyed, false);
});

test('lines: of those that nobody knows the oldest goes; of those of one holder the newest is not let in', async () => {
  const lines = new Lines(gate, 100);
  const strangers = Array.from({ length: 130 }, () => open(lines).socket);
  assert.deepEqual(
    strangers.flatMap(({ destroyed }, at) => (destroyed ? [at] : [])),
    [0, 1],
  );
  const known = Array.from({ length: 130 }, () => open(lines, badge('a')).socket);
  assert.deepEqual(
    known.flatMap(({ destroyed }, at) => (destroyed ? [at] : [])),
    [128, 129],
  );
  assert.equal(open(lines, badge('b')).socket.destroyed, false);
  known[0]?.destroy();
  await once(known[0] as FakeSocket, 'close');
  assert.equal(open(lines, badge('a')).socket.destroyed, false);
});

test('lines: one that takes nothing is full, the sooner the more there are of its holder', () => {
  const lines = new Lines(gate, 100);
  const first = open(lines, badge('a'));
  const line = first.line as Line;
  first.socket.unread = 16 * MEGABYTE;
  assert.deepEqual([line.isFull(), line.isFull(1)], [false, true]);
  for (let count = 0; count < 127; count++) open(lines, badge('a'));
  assert.equal(line.isFull(), true);
  first.socket.unread = 2 * MEGABYTE;
  assert.deepEqual([line.isFull(), line.isFull(1)], [false, true]);
});

test('lines: answers are of no use beyond what all of a holder take, nor to one that has ended', async () => {
  const lines = new Lines(gate, 100);
  const [one, two, other] = [open(lines, badge('a')), open(lines, badge('a')), open(lines, badge('b'))];
  two.socket.unread = 256 * MEGABYTE;
  assert.equal(one.line?.isHeard, true);
  one.socket.unread = 1;
  assert.deepEqual([one.line?.isHeard, other.line?.isHeard], [false, true]);
  two.socket.destroy();
  await once(two.socket, 'close');
  assert.deepEqual([one.line?.isHeard, two.line?.isHeard], [true, false]);
});

test('lines: the end of all', () => {
  const lines = new Lines(gate, 100);
  const all = [open(lines), open(lines, badge('a'))];
  lines.close();
  assert.deepEqual(
    all.map(({ socket }) => socket.destroyed),
    [true, true],
  );
});
