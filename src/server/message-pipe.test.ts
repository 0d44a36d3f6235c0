import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { hear, messageReader } from './message-pipe.ts';

type Word = { type: 'word'; text: string };

const frame = (text: string): Buffer => {
  const body = Buffer.from(JSON.stringify({ type: 'word', text }));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
};

/** A pipe that may say so much in a second, on a clock in the test's hand. */
function heard(t: TestContext): { words: string[]; clock: { now: number }; say(...texts: string[]): Promise<boolean> } {
  const clock = { now: 0 };
  t.mock.method(performance, 'now', () => clock.now);
  const stream = new PassThrough();
  const words: string[] = [];
  let isOdd = false;
  const isText = (value: unknown): boolean => typeof value === 'string';
  hear<Word>(stream, {
    mostBytes: 1000,
    mostMessages: 5,
    mostBytesASecond: 1500,
    read: messageReader<Word>({ word: { text: isText } }),
    receive: ({ text }) => words.push(text),
    odd: () => {
      isOdd = true;
    },
  });
  t.after(() => stream.destroy());
  return {
    words,
    clock,
    say: async (...texts) => {
      for (const text of texts) stream.write(frame(text));
      await new Promise((resolve) => setImmediate(resolve));
      return isOdd;
    },
  };
}

test('hear: so many messages in a second, and in the next one again', async (t) => {
  const { words, clock, say } = heard(t);
  assert.equal(await say('a', 'b', 'c', 'd', 'e'), false);
  clock.now += 1001;
  assert.equal(await say('f', 'g', 'h', 'i', 'j'), false);
  assert.equal(await say('k'), true);
  assert.equal(words.join(''), 'abcdefghij');
});

test('hear: so many bytes in a second, and in the next one again', async (t) => {
  const { words, clock, say } = heard(t);
  const long = 'm'.repeat(700);
  assert.equal(await say(long, long), false);
  clock.now += 1001;
  assert.equal(await say(long, long), false);
  assert.equal(await say(long), true);
  assert.equal(words.length, 4);
});

test('hear: no longer than one may be', async (t) => {
  const { words, say } = heard(t);
  assert.equal(await say('a', 'm'.repeat(1000)), true);
  assert.deepEqual(words, ['a']);
});
