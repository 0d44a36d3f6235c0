import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameReader } from '../frame-reader.ts';
import { answerHead, readCall, readRound, readWorkerFrame, WorkerFrame, writeCall, writeRound, writeWorkerFrame } from './wire.ts';

/** The body of a frame. */
function bodyOf(...parts: readonly Buffer[]): Buffer {
  const reader = new FrameReader();
  reader.push(Buffer.concat(parts));
  return reader.next(1_000_000) as Buffer;
}

test('calls: are read as they were written', () => {
  const { payload, ...rest } = readCall(bodyOf(writeCall(4294967295, 'app', 'key é', '{"sql":"ö"}'))) ?? {};
  assert.deepEqual([rest, payload?.toString()], [{ call: 4294967295, owner: 'app', key: 'key é' }, '{"sql":"ö"}']);
});

test('calls: names that are longer than the call are no call', () => {
  const body = bodyOf(writeCall(1, 'app', 'key', ''));
  assert.notEqual(readCall(body), undefined);
  for (let length = 0; length < body.length; length++) assert.equal(readCall(body.subarray(0, length)), undefined);
});

test('rounds: keep their calls in order, and what the last one has left', () => {
  const calls = [
    { call: 1, payload: Buffer.from('a') },
    { call: 2, payload: Buffer.from('') },
    { call: 3, payload: Buffer.from('ö') },
  ];
  const body = bodyOf(...writeRound('key', { most: Number.POSITIVE_INFINITY, known: 4096 }, 'løst', calls));
  assert.deepEqual(readRound(body), {
    key: 'key',
    room: { most: Number.POSITIVE_INFINITY, known: 4096 },
    handover: 'løst',
    calls: calls.map(({ call, payload }) => ({ call, payload: payload.toString() })),
  });
});

test('answers: a worker tells what they are', () => {
  assert.equal(readWorkerFrame(Buffer.alloc(4)), undefined);
  const { kind, call, payload = Buffer.alloc(0) } = readWorkerFrame(bodyOf(writeWorkerFrame(WorkerFrame.answer, 7, 'text'))) ?? {};
  assert.deepEqual([kind, call, payload.toString()], [WorkerFrame.answer, 7, 'text']);
  const answer = bodyOf(answerHead(9, 2), Buffer.from('ok'));
  assert.deepEqual([answer.readUInt32LE(0), answer.toString('utf8', 4)], [9, 'ok']);
});
