/** Messages over a byte stream: four bytes of length, then V8's serialisation of a value. */
import type { Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';

const HEAD_BYTES = 4;
/** More than any value of a product and its surroundings. */
export const MOST_FRAME_BYTES = 256 * 1024 * 1024;

/**
 * Sends a value. What is sent in a row leaves together: with `isPatient` all that is sent in this round of the event loop,
 * which saves whoever makes many calls, each from a callback of its own, a write for each, and the other side a wake-up.
 */
export function sendFrame(socket: Socket, value: unknown, isPatient = false): void {
  const body = serialize(value);
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt32LE(body.length);
  if (socket.writableCorked === 0) {
    socket.cork();
    const uncork = (): void => socket.uncork();
    if (isPatient) setImmediate(uncork);
    else process.nextTick(uncork);
  }
  socket.write(head);
  socket.write(body);
}

/** Calls `receive` with every value that comes; cuts the connection when something else does. */
export function receiveFrames(socket: Socket, receive: (value: unknown) => void): void {
  let chunks: Buffer[] = [];
  let size = 0;
  let wanted = HEAD_BYTES;
  let isHead = true;
  const take = (bytes: number): Buffer => {
    const all = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    chunks = all.length > bytes ? [all.subarray(bytes)] : [];
    size = all.length - bytes;
    return all.subarray(0, bytes);
  };
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    while (size >= wanted) {
      const part = take(wanted);
      if (isHead) {
        wanted = part.readUInt32LE();
        if (wanted > MOST_FRAME_BYTES) return void socket.destroy();
      } else {
        wanted = HEAD_BYTES;
        let value: unknown;
        try {
          value = deserialize(part);
        } catch {
          return void socket.destroy();
        }
        receive(value);
      }
      isHead = !isHead;
    }
  });
}
