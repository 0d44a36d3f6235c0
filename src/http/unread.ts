/**
 * Clients that are still sending when they have been answered.
 *
 * Contract: what they send is read on and thrown away for a while, on a connection that is kept as on one that is to be closed.
 * Many send all of a body before they look for an answer, and one that is still in the network is lost with a connection that is
 * closed while bytes come.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** As long as nginx waits (lingering_time), and far more than what apps may be sent. */
const LONGEST_MS = 30_000;
const MOST_BYTES = 1024 * 1024 * 1024;
/** How often it is looked at how much has come. A listener for the bytes would take the socket from Node's parser. */
const LOOK_MS = 20;

/** The response is out and the request still coming: Node drops the rest. When it is very much the connection is cut. */
export function boundRest(message: IncomingMessage): void {
  const { socket } = message;
  const before = socket.bytesRead;
  const since = performance.now();
  const look = setInterval(() => {
    if (message.complete || socket.destroyed) clearInterval(look);
    else if (socket.bytesRead - before > MOST_BYTES || performance.now() - since > LONGEST_MS) socket.destroy();
  }, LOOK_MS);
}

/**
 * Has a connection that is to be closed after its last response say that first, and end when the client has sent all of its
 * request. Node would end it at once.
 * @param messageOf the request whose response that is
 */
export function closeInStages(socket: Socket, messageOf: () => IncomingMessage | undefined): void {
  const { destroySoon } = socket;
  socket.destroySoon = () => {
    const message = messageOf();
    if (message === undefined || message.complete || message.destroyed) return destroySoon.call(socket);
    message.once('end', () => socket.destroy()).once('close', () => socket.destroy());
    // Nobody may be reading it any more.
    message.resume();
    socket.end();
  };
}
