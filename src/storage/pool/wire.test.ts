import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerHead, FrameReader, readCall, readRound, readWorkerFrame, WorkerFrame, writeCall, writeRound, writeWorkerFrame } from './wire.ts';

test('frames: come out whole, however they are cut', () => {
  const frames = [writeCall(1, 'app', 'key é', '{"sql":"x"}'), writeCall(4294967295, '', 'k', 'y'.repeat(100_000))];
  const bytes = Buffer.concat(frames);
  for (const size of [1, 3, 7, 1000, bytes.length]) {
    const reader = new FrameReader();
    const read: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) read.push(...reader.push(Buffer.from(bytes.subarray(at, at + size))));
    assert.equal(reader.isEmpty, true);
    const calls = read.map(readCall).map(({ payload, ...rest }) => ({ ...rest, payload: payload.toString() }));
    assert.deepEqual(calls, [
      { call: 1, owner: 'app', key: 'key é', payload: '{"sql":"x"}' },
      { call: 4294967295, owner: '', key: 'k', payload: 'y'.repeat(100_000) },
    ]);
  }
});

test('frames: a length that nobody sends is refused', () => {
  assert.throws(() => new FrameReader().push(Buffer.from([0xff, 0xff, 0xff, 0xff, 0])), /too long/);
});

test('rounds: keep their calls in order', () => {
  const calls = [
    { call: 1, payload: Buffer.from('a') },
    { call: 2, payload: Buffer.from('') },
    { call: 3, payload: Buffer.from('ö') },
  ];
  const [frame] = new FrameReader().push(Buffer.concat(writeRound('key', { most: Number.POSITIVE_INFINITY, known: 4096 }, calls)));
  assert.deepEqual(readRound(frame as Buffer), {
    key: 'key',
    room: { most: Number.POSITIVE_INFINITY, known: 4096 },
    calls: calls.map(({ call, payload }) => ({ call, payload: payload.toString() })),
  });
});

test('answers: a worker tells what they are', () => {
  const [frame] = new FrameReader().push(writeWorkerFrame(WorkerFrame.answer, 7, 'text'));
  const { kind, call, payload } = readWorkerFrame(frame as Buffer);
  assert.deepEqual([kind, call, payload.toString()], [WorkerFrame.answer, 7, 'text']);
  const [answer] = new FrameReader().push(Buffer.concat([answerHead(9, 2), Buffer.from('ok')]));
  assert.deepEqual([answer?.readUInt32LE(0), answer?.toString('utf8', 4)], [9, 'ok']);
});
