/** Asking a PostgreSQL server for TLS. @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL */
import type { Socket } from 'node:net';
import { OpError } from '../../base/op-error.ts';

/** SSLRequest: its length, and the number that stands for it. */
const SSL_REQUEST = Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47);
const YES = 0x53;
const MOST_WAIT_MS = 30_000;

/** Resolves when the server is ready for the handshake; the socket is cut where it is not. */
export function askForTls(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (isReady: boolean): void => {
      clearTimeout(timer);
      socket.off('readable', read).off('close', refuse).off('end', refuse);
      if (isReady) return resolve();
      socket.destroy();
      reject(new OpError('Error', 'The database does not offer TLS.'));
    };
    const refuse = (): void => finish(false);
    const read = (): void => {
      const answer: Buffer | null = socket.read(1);
      // Anything after the one byte was not sent by a server that waits for the handshake.
      if (answer !== null) finish(answer[0] === YES && socket.readableLength === 0);
    };
    const timer = setTimeout(refuse, MOST_WAIT_MS);
    socket.on('readable', read).on('close', refuse).on('end', refuse);
    socket.write(SSL_REQUEST);
  });
}
