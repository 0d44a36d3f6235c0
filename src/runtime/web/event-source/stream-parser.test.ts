import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/chunks.ts';
import { type StreamEvent, StreamParser } from './stream-parser.ts';

/** Everything that comes of the pieces: events as [type, data, id], retries as numbers, ids alone as strings. */
const parse = (...pieces: string[]): unknown[] => {
  const told: unknown[] = [];
  const parser = new StreamParser({
    event: ({ type, data, lastEventId }: StreamEvent) => told.push([type, data, lastEventId]),
    identified: (id) => id !== '' && told.push(id),
    retry: (milliseconds) => told.push(milliseconds),
  });
  for (const piece of pieces) parser.push(piece);
  return told;
};

test('data: lines are joined, one space after the colon is dropped', () => {
  assert.deepEqual(parse('data: a\ndata:b\ndata:  c\ndata\n\n'), [['message', 'a\nb\n c\n', '']]);
});

test('data: an empty line of data is an event, no data is none', () => {
  assert.deepEqual(parse('data\n\ndata:\n\nevent: x\n\ndata: y\n\n'), [
    ['message', '', ''],
    ['message', '', ''],
    ['message', 'y', ''],
  ]);
});

test('lines: end with CR, LF or both, wherever the pieces are cut', () => {
  const text = 'data:1\r\ndata:2\rdata:3\n\r\r\ndata:4\r\r';
  const whole = parse(text);
  assert.deepEqual(whole, [
    ['message', '1\n2\n3', ''],
    ['message', '4', ''],
  ]);
  for (let at = 1; at < text.length; at++) assert.deepEqual(parse(text.slice(0, at), text.slice(at)), whole, `${at}`);
  assert.deepEqual(parse(...text), whole);
});

test('event: names the type of the next event only', () => {
  assert.deepEqual(parse('event: a\ndata: 1\n\ndata: 2\n\n'), [
    ['a', '1', ''],
    ['message', '2', ''],
  ]);
});

test('id: holds until another comes, and may not hold a NUL', () => {
  assert.deepEqual(parse('id: 1\ndata: a\n\nid: 2\0\ndata: b\n\nid\ndata: c\n\nid: 4\n\n'), [
    ['message', 'a', '1'],
    ['message', 'b', '1'],
    ['message', 'c', ''],
    '4',
  ]);
});

test('retry: takes digits and nothing else', () => {
  assert.deepEqual(parse('retry: 100\nretry: 1x\nretry:\nretry: -1\nretry: 1.5\n'), [100]);
});

test('comments and unknown fields: are passed over', () => {
  assert.deepEqual(parse(': hello\nnonsense\n data: x\nDATA: y\ndata : z\n\ndata: a\n\n'), [['message', 'a', '']]);
});

test('end: what no empty line has finished is dropped', () => {
  assert.deepEqual(parse('data: a\n\ndata: b\n'), [['message', 'a', '']]);
});
