import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { makeBadge } from '../badge.ts';
import { Gate } from '../gate.ts';
import { servePool } from './server.ts';
import { writeCall, writeHello } from './wire.ts';

type Line = { socket: PassThrough; calls: string[]; answers: string[] };

function connected(): Line {
  const calls: string[] = [];
  const answers: string[] = [];
  const grants = {
    groups: [
      { group: 'shop', apps: ['cart'], stores: [['d1', 'carts']] as const },
      { group: 'guests', apps: ['page'], stores: [['d1', 'notes']] as const },
    ],
    first: undefined,
  };
  const socket = new PassThrough();
  socket.on('error', () => {});
  servePool(socket as unknown as Socket, {
    pool: {
      call: (owner, key, payload, answer) => {
        calls.push(`${owner} ${key} ${payload.toString()}`);
        answer('done');
      },
    },
    gate: new Gate({ key: 'key', grants, onTrouble: () => {} }),
    product: 'd1',
    refusal: 'refused',
    send: (_socket, parts) => void answers.push(Buffer.concat(parts).toString('utf8', 8)),
  });
  return { socket, calls, answers };
}

/** Frames, as they arrive. */
function sent(line: Line, ...frames: Buffer[]): Line {
  for (const frame of frames) line.socket.emit('data', frame);
  return line;
}

const badge = writeHello(makeBadge('key', { kind: 'engine', group: 'guests' }));

test('pool server: calls for databases of the group go through', () => {
  const { calls, answers } = sent(connected(), badge, writeCall(1, 'page', '["guests","notes"]', 'SELECT 1'));
  assert.deepEqual([calls, answers], [['page ["guests","notes"] SELECT 1'], ['done']]);
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
    '["guests","../shop"]',
  ];
  const { calls, answers, socket } = sent(
    connected(),
    badge,
    ...keys.map((key, at) => writeCall(at, 'page', key, 'SELECT 1')),
    writeCall(99, 'cart', '["guests","notes"]', ''),
  );
  assert.deepEqual(calls, []);
  assert.deepEqual(
    answers,
    [...keys, 'cart'].map(() => 'refused'),
  );
  assert.equal(socket.destroyed, false);
});

test('pool server: what is no frame ends the connection and nothing else', () => {
  const tooShort = Buffer.from([3, 0, 0, 0, 1, 2, 3]);
  const tooLong = Buffer.from([255, 255, 255, 255]);
  for (const bytes of [tooShort, tooLong]) assert.equal(sent(connected(), badge, bytes).socket.destroyed, true);
});

test('pool server: nobody is heard without a badge', () => {
  for (const hello of [
    writeHello('me'),
    writeHello(''),
    writeHello(makeBadge('other', { kind: 'operator' })),
    writeCall(1, 'page', '["guests","notes"]', 'SELECT 1'),
  ]) {
    const { socket, calls } = sent(connected(), hello, writeCall(2, 'page', '["guests","notes"]', 'SELECT 1'));
    assert.equal(socket.destroyed, true);
    assert.deepEqual(calls, []);
  }
});
