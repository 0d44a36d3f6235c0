import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { type Libc, loadLibc } from './libc.ts';
import { boundSendBuffers } from './send-buffers.ts';

const libc = loadLibc();
const skip = libc === undefined ? 'only Linux with node:ffi has these' : false;

test('boundSendBuffers: connections from this machine, and no others', () => {
  const asked: number[] = [];
  const bound = boundSendBuffers({ setSendBuffer: (descriptor: number) => asked.push(descriptor) } as unknown as Libc);
  const addresses = ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1', '10.0.0.1', '::ffff:10.0.0.1', 'fe80::1%eth0', undefined];
  for (const [fd, remoteAddress] of addresses.entries()) bound?.({ remoteAddress, _handle: { fd } } as unknown as Socket);
  bound?.({ remoteAddress: '127.0.0.1', _handle: null } as unknown as Socket);
  assert.deepEqual(asked, [0, 1, 2, 3]);
  assert.equal(boundSendBuffers(undefined), undefined);
});

test('boundSendBuffers: the kernel takes it', { skip }, async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as { port: number }).port, '127.0.0.1').pause();
  const [socket] = (await once(server, 'connection')) as [Socket];
  const results: number[] = [];
  boundSendBuffers({ ...(libc as Libc), setSendBuffer: (...args) => results.push((libc as Libc).setSendBuffer(...args)) } satisfies Libc)?.(socket);
  assert.deepEqual(results, [0]);
  client.destroy();
  socket.destroy();
  server.close();
});
