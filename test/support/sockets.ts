/** Connections, as their client sees them. */
import type { Socket } from 'node:net';

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
