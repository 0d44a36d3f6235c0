import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { eachFrame, FrameReader, frameOf } from './frame-reader.ts';

const MOST = 1_000_000;

/** All bodies that are in some pieces. */
function read(pieces: readonly Buffer[]): Buffer[] {
  const reader = new FrameReader();
  const bodies: Buffer[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let body = reader.next(MOST); body !== undefined; body = reader.next(MOST)) bodies.push(body);
  }
  return bodies;
}

function cut(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => Buffer.from(bytes.subarray(at * size, (at + 1) * size)));
}

test('frames: come out whole, however they are cut', () => {
  const texts = ['one', '', 'é'.repeat(100_000), 'x'.repeat(300_000), '', 'last'];
  const bytes = Buffer.concat(texts.map(frameOf));
  for (const size of [1, 3, 7, 1000, 65_536, 70_000, bytes.length]) assert.deepEqual(read(cut(bytes, size)).map(String), texts, String(size));
});

test('frames: one that comes in a piece is not copied; one in pieces lies apart from them', () => {
  const piece = Buffer.concat([frameOf('whole'), frameOf('in parts').subarray(0, 7)]);
  const [whole] = read([piece]);
  assert.equal(whole?.buffer, piece.buffer);
  const reader = new FrameReader();
  const used = Buffer.from(frameOf('in parts'));
  reader.push(used.subarray(0, 7));
  assert.equal(reader.next(MOST), undefined);
  used.fill(0, 0, 7);
  reader.push(used.subarray(7));
  assert.equal(String(reader.next(MOST)), 'in parts');
});

test('frames: a length is checked before there is anything of the body, each anew', () => {
  const reader = new FrameReader();
  reader.push(Buffer.concat([frameOf('1234'), frameOf('12345')]));
  assert.equal(String(reader.next(4)), '1234');
  assert.throws(() => reader.next(4), /too long/);
  const other = new FrameReader();
  other.push(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  assert.throws(() => other.next(MOST), /too long/);
});

test('frames: one that says it is long takes memory for what has come of it', () => {
  const before = process.memoryUsage().arrayBuffers;
  const head = Buffer.alloc(4);
  head.writeUInt32LE(256 * 1024 * 1024);
  const readers = Array.from({ length: 64 }, () => {
    const reader = new FrameReader();
    for (const bytes of [head, Buffer.alloc(100)]) {
      reader.push(bytes);
      assert.equal(reader.next(2 ** 30), undefined);
    }
    return reader;
  });
  const taken = process.memoryUsage().arrayBuffers - before;
  assert.ok(taken < readers.length * 100_000, String(taken));
});

test('eachFrame: takes them one by one, each with its own bound, and nothing more of what has ended', () => {
  const stream = new PassThrough();
  const taken: string[] = [];
  let most = 4;
  eachFrame(
    stream,
    (body) => {
      taken.push(String(body));
      most = 8;
      if (taken.length === 3) stream.destroy();
    },
    () => most,
  );
  stream.emit('data', Buffer.concat(['1234', '12345678', 'end', 'late'].map(frameOf)));
  stream.emit('data', frameOf('later'));
  assert.deepEqual(taken, ['1234', '12345678', 'end']);
  const other = new PassThrough();
  eachFrame(
    other,
    () => assert.fail('it is too long'),
    () => 4,
  );
  other.emit('data', frameOf('12345'));
  assert.equal(other.destroyed, true);
});
