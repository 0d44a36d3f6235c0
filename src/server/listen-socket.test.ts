import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { bindListener } from './listen-socket.ts';

const HOST = '127.0.0.1';

test('bindListener: a port in use is refused at once, or waited for', async (t) => {
  const other = createServer();
  t.after(() => other.close());
  const port = await new Promise<number>((resolve) => other.listen(0, HOST, () => resolve((other.address() as { port: number }).port)));
  await assert.rejects(bindListener(HOST, port, '--port'), /port \d+ is in use on 127\.0\.0\.1: stop what uses it, or choose another with --port/);
  const waiting = bindListener(HOST, port, '--port', 60_000);
  await new Promise<void>((resolve) => other.close(() => resolve()));
  const listener = await waiting;
  assert.equal(listener.port, port);
  listener.close();
});
