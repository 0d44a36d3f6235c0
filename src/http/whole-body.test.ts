import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { FetchMessage } from '../ports/event-client.ts';
import { listen, type TestListener } from './listener.fixture.ts';

/** How each request's body came to its site: in one piece, or to be read. */
type Came = { inline: string | Uint8Array | undefined; isRead: boolean };

type SetUp = Pick<TestListener, 'inFlight' | 'recorded'> & { came: Came[]; send(first: string | Buffer, rest?: string): Promise<string> };

async function setUp(t: TestContext, bodyBytes = 100_000): Promise<SetUp> {
  const came: Came[] = [];
  let arrived = (): void => {};
  const { port, inFlight, recorded } = await listen(
    t,
    (client, { inline, body }: FetchMessage) => {
      came.push({ inline, isRead: body !== undefined });
      arrived();
      if (body === undefined) return client.send(200, '', '', 'ok');
      void body.text().then(
        (value) => client.send(200, '', '', `${value.length} read`),
        () => client.fail({ name: 'exception', error: { name: '', message: '', stack: '' }, passThrough: false }),
      );
    },
    { bodyBytes },
  );
  /** Sends what is first, and the rest when the request has reached its site; reads to the end. */
  const send: SetUp['send'] = async (first, rest) => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const answer = text(socket);
    const isThere = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    socket.write(first);
    if (rest !== undefined) {
      await isThere;
      socket.write(rest);
    }
    return answer;
  };
  return { came, send, inFlight, recorded };
}

const head = (fields: string): string => `POST / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n${fields}\r\n\r\n`;

test('a body that came with its head goes to the site in one piece: ASCII as text, all else as bytes', async (t) => {
  const { came, send } = await setUp(t);
  await send(`${head('content-length: 5')}hello`);
  await send(Buffer.concat([Buffer.from(head('content-length: 3')), Buffer.from([0x61, 0xff, 0x00])]));
  assert.equal(came[0]?.inline, 'hello');
  assert.deepEqual([...(came[1]?.inline as Uint8Array)], [0x61, 0xff, 0x00]);
  assert.deepEqual(
    came.map(({ isRead }) => isRead),
    [false, false],
  );
});

test('chunks of unknown length are one piece, too, when the last of them is there', async (t) => {
  const { came, send } = await setUp(t);
  await send(`${head('transfer-encoding: chunked')}2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n`);
  assert.deepEqual(came, [{ inline: 'abcde', isRead: false }]);
});

test('a body that is still coming is read as it comes', async (t) => {
  const { came, send } = await setUp(t);
  assert.match(await send(`${head('content-length: 10')}hello`, 'world'), /10 read$/);
  assert.deepEqual(came, [{ inline: undefined, isRead: true }]);
});

test('a large body is read as it comes', async (t) => {
  const { came, send } = await setUp(t);
  assert.match(await send(head('content-length: 40000') + 'x'.repeat(40_000)), /40000 read$/);
  assert.deepEqual(came, [{ inline: undefined, isRead: true }]);
});

test('chunks beyond the limit are 413, however they come', async (t) => {
  const { came, send, inFlight, recorded } = await setUp(t, 3);
  assert.match(await send(`${head('transfer-encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`), /^HTTP\/1.1 413 /);
  assert.equal(came[0]?.inline, undefined);
  await recorded(1);
  assert.equal(inFlight(), 0);
});

test('requests one behind the other each have their own', async (t) => {
  const { came, send } = await setUp(t);
  const first = 'POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 3\r\n\r\none';
  const answers = await send(`${first}${head('content-length: 3')}two`);
  assert.equal(answers.split('HTTP/1.1 200').length, 3);
  assert.deepEqual(
    came.map(({ inline }) => inline),
    ['one', 'two'],
  );
});

test('garbage behind a body: both are recorded, and nothing is left in flight', async (t) => {
  const { send, inFlight, recorded } = await setUp(t);
  await send(`POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\nok\x00\x00garbage\r\n\r\n`);
  await recorded(2);
  assert.equal(inFlight(), 0);
});
