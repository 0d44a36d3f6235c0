/**
 * Messages over a byte stream: frames of four bytes of length, then V8's serialisation of a list of messages.
 *
 * What is sent in a row goes as one frame: to serialise, write, read and take apart many small messages together costs a
 * fraction of what it costs one by one.
 */
import type { Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';
import { isPlain } from './frame-scan.ts';

const HEAD_BYTES = 4;
/** More than any value of a product and its surroundings. */
export const MOST_FRAME_BYTES = 256 * 1024 * 1024;
/** A list of messages that is longer goes in parts. */
const MOST_LIST_BYTES = 16 * 1024 * 1024;

type Message = { value: unknown; failed: () => void };

export class FrameSender {
  readonly #socket: Socket;
  readonly #isPatient: boolean;
  #messages: Message[] = [];

  /**
   * @param isPatient what is sent in this round of the event loop waits for its end, not just for that of the callback: it saves whoever
   * makes many calls, each from a callback of its own, a frame for each, and the other side a wake-up
   */
  constructor(socket: Socket, isPatient = false) {
    this.#socket = socket;
    this.#isPatient = isPatient;
  }

  /** Sends a value, as it is when all go. @param failed it is of a kind that cannot be sent */
  send(value: unknown, failed: () => void): void {
    if (this.#messages.push({ value, failed }) > 1) return;
    if (this.#isPatient) setImmediate(this.#flush);
    else process.nextTick(this.#flush);
  }

  readonly #flush = (): void => {
    const messages = this.#messages;
    this.#messages = [];
    this.#socket.cork();
    this.#write(messages);
    this.#socket.uncork();
  };

  /** What cannot go together goes in halves. */
  #write(messages: readonly Message[]): void {
    const body = serialized(messages.map(({ value }) => value));
    const isAlone = messages.length === 1;
    if (body === undefined && isAlone) return messages[0]?.failed();
    if (body === undefined || (body.length > MOST_LIST_BYTES && !isAlone)) {
      const half = messages.length >> 1;
      this.#write(messages.slice(0, half));
      return this.#write(messages.slice(half));
    }
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    head.writeUInt32LE(body.length);
    this.#socket.write(head);
    this.#socket.write(body);
  }
}

/** Undefined for what V8 does not serialise. */
function serialized(values: readonly unknown[]): Buffer | undefined {
  try {
    return serialize(values);
  } catch {
    return undefined;
  }
}

/**
 * Calls `receive` with every message that comes; cuts the connection when something else does.
 * @param most bytes a frame may have, asked before each; given where what comes may be anything, which is looked through first then
 */
export function receiveFrames(socket: Socket, receive: (message: unknown) => void, most?: () => number): void {
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
    if (socket.destroyed) return;
    chunks.push(chunk);
    size += chunk.length;
    while (size >= wanted) {
      const part = take(wanted);
      if (isHead) {
        wanted = part.readUInt32LE();
        if (wanted > (most?.() ?? MOST_FRAME_BYTES)) return void socket.destroy();
      } else {
        wanted = HEAD_BYTES;
        const messages = most === undefined || isPlain(part) ? deserialized(part) : undefined;
        if (messages === undefined) return void socket.destroy();
        for (const message of messages) {
          receive(message);
          if (socket.destroyed) return;
        }
      }
      isHead = !isHead;
    }
  });
}

/** Undefined for what is no frame of ours. */
function deserialized(bytes: Buffer): readonly unknown[] | undefined {
  try {
    const messages: unknown = deserialize(bytes);
    return Array.isArray(messages) ? messages : undefined;
  } catch {
    return undefined;
  }
}
