import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { makeBadge } from '../badge.ts';
import { frameOf } from '../frame-reader.ts';
import { Gate } from '../gate.ts';
import { Lines } from '../lines.ts';
import { MOST_CALL_BYTES, PoolServer } from './server.ts';
import { writeCall } from './wire.ts';

/** Asked of the pool: what it was, and how it is answered. */
type Asked = { text: string; answer(payload: string): void; isHeard(): boolean };
type Line = { socket: PassThrough; answers: string[] };
type World = { asked: Asked[]; line(): Line };

function world(): World {
  const asked: Asked[] = [];
  const grants = {
    groups: [
      { group: 'shop', apps: ['cart'], stores: [['d1', 'carts']] as const },
      { group: 'guests', apps: ['page', 'blog'], stores: [['d1', 'notes']] as const },
    ],
    first: undefined,
  };
  const answers = new Map<unknown, string[]>();
  const server = new PoolServer({
    pool: {
      call: (owner, key, payload, answer, isHeard = () => true) => {
        asked.push({ text: `${owner} ${key} ${payload.length < 100 ? payload.toString() : payload.length}`, answer, isHeard });
      },
    },
    product: 'd1',
    refusal: 'refused',
    tooMany: 'too many',
    send: (socket, parts) => void answers.get(socket)?.push(Buffer.concat(parts).toString('utf8', 8)),
  });
  const lines = new Lines(new Gate({ key: 'key', grants, onTrouble: () => {} }), MOST_CALL_BYTES);
  const line = (): Line => {
    const socket = new PassThrough();
    const own: string[] = [];
    answers.set(socket, own);
    lines.open(socket as unknown as Socket, (one) => server.serve(one));
    return { socket, answers: own };
  };
  return { asked, line };
}

/** Frames, as they arrive. */
function sent<T extends Line>(line: T, ...frames: Buffer[]): T {
  for (const frame of frames) line.socket.emit('data', frame);
  return line;
}

const badge = frameOf(makeBadge('key', { kind: 'engine', group: 'guests' }));
const NOTES = '["guests","notes"]';

test('pool server: calls for databases of the group go through', () => {
  const { asked, line } = world();
  const { answers } = sent(line(), Buffer.concat([badge, writeCall(1, 'page', NOTES, 'SELECT 1')]));
  asked[0]?.answer('done');
  assert.deepEqual([asked.map(({ text }) => text), answers], [['page ["guests","notes"] SELECT 1'], ['done']]);
});

test('pool server: databases and apps of other groups are refused, however they are written', () => {
  const keys = [
    '["shop","carts"]',
    '["guests","carts"]',
    '["guests", "notes"]',
    '["guests","notes","x"]',
    '[["guests"],"notes"]',
    '{}',
    '',
    'null',
    `${'['.repeat(30_000)}`,
    '["guests","../shop"]',
  ];
  const { asked, line } = world();
  const { answers, socket } = sent(line(), badge, ...keys.map((key, at) => writeCall(at, 'page', key, 'SELECT 1')), writeCall(99, 'cart', NOTES, ''));
  assert.deepEqual(asked, []);
  assert.deepEqual(
    answers,
    [...keys, 'cart'].map(() => 'refused'),
  );
  assert.equal(socket.destroyed, false);
});

test('pool server: what is no frame, or no call, ends the connection and nothing else', () => {
  const { asked, line } = world();
  const namesTooLong = writeCall(1, 'page', NOTES, '');
  namesTooLong.writeUInt16LE(0xffff, 8);
  const keyTooLong = writeCall(1, 'page', NOTES, '');
  keyTooLong.writeUInt16LE(NOTES.length + 1, 10);
  for (const bytes of [Buffer.of(3, 0, 0, 0, 1, 2, 3), Buffer.alloc(4), Buffer.of(255, 255, 255, 255), Buffer.of(0, 0, 0, 2), namesTooLong, keyTooLong])
    assert.equal(sent(line(), badge, bytes).socket.destroyed, true);
  assert.deepEqual(asked, []);
  sent(line(), badge, writeCall(1, 'page', NOTES, ''));
  assert.equal(asked.length, 1);
});

test('pool server: calls beyond what an app may have under way are refused, and those of another app taken', () => {
  const { asked, line } = world();
  const half = 'x'.repeat(10 * 1024 * 1024);
  const calls = Array.from({ length: 7 }, (_, at) => writeCall(at, 'page', NOTES, half));
  const { answers } = sent(line(), badge, ...calls, writeCall(8, 'blog', NOTES, half));
  assert.deepEqual([asked.length, asked.at(-1)?.text, answers], [7, `blog ${NOTES} ${half.length}`, ['too many']]);
  asked[0]?.answer('done');
  const other = sent(line(), badge, writeCall(9, 'page', NOTES, half), writeCall(10, 'page', NOTES, half));
  assert.deepEqual([asked.length, other.answers], [8, ['too many']]);
});

test('pool server: so many calls of an app are under way at a time, over all connections of its group', () => {
  const { asked, line } = world();
  const [one, two] = [sent(line(), badge), sent(line(), badge)];
  for (let call = 0; call < 6000; call++) sent(call % 2 === 0 ? one : two, writeCall(call, 'page', NOTES, ''));
  for (let call = 0; call < 6000; call++) sent(call % 2 === 0 ? one : two, writeCall(call, 'page', NOTES, ''));
  assert.equal(asked.length, 10_000);
  assert.equal(one.answers.length + two.answers.length, 2000);
  sent(two, writeCall(1, 'blog', NOTES, ''));
  assert.equal(asked.length, 10_001);
});

test('pool server: an answer to whoever is gone is of no use', () => {
  const { asked, line } = world();
  const { socket } = sent(line(), badge, writeCall(1, 'page', NOTES, ''));
  assert.equal(asked[0]?.isHeard(), true);
  socket.destroy();
  assert.equal(asked[0]?.isHeard(), false);
});

test('pool server: a call that waits keeps no more of what came with it than a few times its length', () => {
  const payloads: Buffer[] = [];
  const server = new PoolServer({
    pool: { call: (_owner, _key, payload) => void payloads.push(payload) },
    product: 'd1',
    refusal: '',
    tooMany: '',
    send: () => {},
  });
  const grants = { groups: [{ group: 'guests', apps: ['page'], stores: [['d1', 'notes']] as const }], first: undefined };
  const socket = new PassThrough();
  new Lines(new Gate({ key: 'key', grants, onTrouble: () => {} }), MOST_CALL_BYTES).open(socket as unknown as Socket, (one) => server.serve(one));
  socket.emit('data', badge);
  socket.emit('data', Buffer.concat([writeCall(1, 'page', NOTES, 'x'.repeat(10)), writeCall(2, 'page', NOTES, 'x'.repeat(60_000))]));
  assert.deepEqual(
    payloads.map(({ length, buffer }) => [length, buffer.byteLength <= 4 * length]),
    [
      [10, true],
      [60_000, true],
    ],
  );
});
