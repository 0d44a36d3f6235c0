import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { listen } from './listener.fixture.ts';
import { boundRest } from './unread.ts';

const PIECE = Buffer.alloc(1024 * 1024);

/** A client that has sent a head and read its answer. */
async function answered(t: TestContext, port: number, head: string): Promise<{ socket: Socket; said(): string; write(bytes: Buffer | string): Promise<void> }> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  t.after(() => socket.destroy());
  let text = '';
  const isAnswered = new Promise<void>((resolve) => {
    socket.on('data', (piece: string) => {
      text += piece;
      if (text.includes('\r\n\r\n')) resolve();
    });
  });
  socket.write(head);
  await isAnswered;
  const write = (bytes: Buffer | string): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  return { socket, said: () => text, write };
}

test('unread: a client that is refused may send all of its body; the connection ends with it', async (t) => {
  const { port } = await listen(t, (client) => client.send(200, '', '', 'x'));
  const { socket, said, write } = await answered(t, port, `POST / HTTP/1.1\r\nHost: t\r\nContent-Length: ${4 * PIECE.length}\r\n\r\n`);
  assert.match(said(), /^HTTP\/1\.1 413 .*connection: close/is);
  const over = once(socket, 'close');
  for (let at = 0; at < 4; at++) await write(PIECE);
  assert.deepEqual(await over, [false]);
});

test('unread: a client that wants the connection closed, too', async (t) => {
  const { port } = await listen(t, (client) => client.send(200, '', '', 'x'), { bodyBytes: 10_000_000 });
  const { socket, said, write } = await answered(t, port, `POST / HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: ${4 * PIECE.length}\r\n\r\n`);
  assert.match(said(), /^HTTP\/1\.1 200 /);
  const over = once(socket, 'close');
  for (let at = 0; at < 4; at++) await write(PIECE);
  assert.deepEqual(await over, [false]);
});

test('unread: on a connection that is kept the next request comes after it', async (t) => {
  const { port } = await listen(t, (client) => client.send(200, '', '', 'x'), { bodyBytes: 10_000_000 });
  const { socket, said, write } = await answered(t, port, `POST / HTTP/1.1\r\nHost: t\r\nContent-Length: ${4 * PIECE.length}\r\n\r\n`);
  for (let at = 0; at < 4; at++) await write(PIECE);
  const over = once(socket, 'close');
  await write('GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n');
  await over;
  assert.equal(said().match(/200 OK/g)?.length, 2);
});

test('unread: without end, or for very long, it ends the connection', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const sending = (): { message: IncomingMessage; socket: { bytesRead: number; destroyed: boolean } } => {
    const socket = { bytesRead: 5000, destroyed: false, destroy: () => (socket.destroyed = true) };
    return { socket, message: { socket, complete: false } as unknown as IncomingMessage };
  };
  const much = sending();
  boundRest(much.message);
  much.socket.bytesRead += 1_000_000_000;
  t.mock.timers.tick(20);
  assert.equal(much.socket.destroyed, false);
  much.socket.bytesRead += 100_000_000;
  t.mock.timers.tick(20);
  assert.equal(much.socket.destroyed, true);
  const long = sending();
  boundRest(long.message);
  now += 30_000;
  t.mock.timers.tick(20);
  assert.equal(long.socket.destroyed, false);
  now += 1;
  t.mock.timers.tick(20);
  assert.equal(long.socket.destroyed, true);
});
