/** Connections, as their client sees them. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A connection to a socket in the file system. It ends with the test; that it breaks is no error. */
export async function connected(t: TestContext, path: string): Promise<Socket> {
  const socket = connect(path);
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

/** Resolves once so many of them are closed. What comes on them is thrown away. */
export function someClosed(sockets: readonly Socket[], count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    for (const socket of sockets) {
      if (socket.destroyed) left--;
      else socket.resume().once('close', () => --left === 0 && resolve());
    }
    if (left <= 0) resolve();
  });
}
