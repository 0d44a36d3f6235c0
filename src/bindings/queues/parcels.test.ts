import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentsOf, cut, idOf, idsOf, measure, merge, pack, type PackedMessage, unpack } from './parcels.ts';

const text = (body: string, type: 'text' | 'json' = 'text'): PackedMessage => ({ type, body, size: Buffer.byteLength(body) });
const binary = (...values: number[]): PackedMessage => ({ type: 'bytes', body: Buffer.from(values), size: values.length });

const mixed = [text('a'), binary(1, 2), text('"é😀\\u0000"', 'json'), text(''), text('zero\0'), binary(), text('last')];

test('parcel: gives back what was put into it', () => {
  const parcel = pack(mixed);
  assert.deepEqual(measure(parcel), { count: mixed.length, bytes: mixed.reduce((sum, { size }) => sum + size, 0) });
  assert.deepEqual(unpack(parcel), mixed);
  assert.deepEqual(unpack(merge([parcel, pack([text('more')]), parcel])), [...mixed, text('more'), ...mixed]);
});

test('cut: any run of messages, as a parcel with its bytes', () => {
  const parcel = pack(mixed);
  for (let from = 0; from < mixed.length; from++) {
    for (let to = from + 1; to <= mixed.length; to++) {
      const { data, bytes } = cut(parcel, from, to);
      assert.deepEqual(unpack(data), mixed.slice(from, to));
      assert.deepEqual(measure(data), { count: to - from, bytes });
    }
  }
});

test('contents: texts and bytes each in one row, lengths of text in characters', () => {
  const { heads, text: all, bytes } = contentsOf(pack(mixed));
  assert.equal(all, mixed.map(({ body }) => (typeof body === 'string' ? body : '')).join(''));
  assert.deepEqual(Buffer.concat(bytes), Buffer.from([1, 2]));
  assert.deepEqual(
    heads,
    mixed.map(({ type, body }) => [type, body.length]),
  );
});

test('contents: half of a surrogate pair takes a place of its own, whatever stands beside it', () => {
  const parcel = pack([text('a\ud83d'), text('\ude00b')]);
  assert.deepEqual(contentsOf(parcel), {
    heads: [
      ['text', 2],
      ['text', 2],
    ],
    text: 'a\ufffd\ufffdb',
    bytes: [],
  });
});

test('measure: refuses what is no parcel', () => {
  const good = Buffer.from(pack([text('ab'), text('c')]));
  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(good);
    copy.writeUInt32LE(value, at);
    return copy;
  };
  const wrong = [null, 'text', {}, [1], new Uint8Array(), new Uint8Array(12), good.subarray(0, -1), Buffer.concat([good, good]), changed(0, 3)];
  wrong.push(changed(0, 0xffffffff), changed(0, 1), changed(4, 4 * 2 ** 24 + 2), changed(4, 3), changed(8, 3), changed(8, 0xffffffff));
  for (const value of wrong) assert.throws(() => measure(value), { name: 'TypeError', message: 'Invalid call.' });
});

test('ids: of their own for each message, and the same after a cut', () => {
  assert.deepEqual(
    [0, 1, 0x10f].map((index) => idOf('0123456789abcdef01234567ffffff00', index)),
    ['0123456789abcdef01234567ffffff00', '0123456789abcdef01234567ffffff01', '0123456789abcdef012345670000000f'],
  );
  assert.equal(idOf(idOf('0123456789abcdef01234567ffffff00', 200), 100), idOf('0123456789abcdef01234567ffffff00', 300));
});

test('ids: of a whole parcel at once they are the same as one by one', () => {
  for (const end of ['00000000', '00000ff0', '0000ffe0', 'ffffffa0', '12345678']) {
    const id = `0123456789abcdef01234567${end}`;
    assert.deepEqual(
      idsOf(id, 100),
      Array.from({ length: 100 }, (_, index) => idOf(id, index)),
    );
  }
});
