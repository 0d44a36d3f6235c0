/**
 * Messages over a byte stream: frames of V8's serialisation of a list of messages.
 *
 * What is sent in a row goes as one frame: to serialise, write, read and take apart many small messages together costs a
 * fraction of what it costs one by one.
 */
import type { Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';
import { eachFrame, HEAD_BYTES } from './frame-reader.ts';
import { isPlain } from './frame-scan.ts';

/** A list of messages that is longer goes in parts. */
const MOST_LIST_BYTES = 8 * 1024 * 1024;

type Message = { value: unknown; failed: () => void };

export class FrameSender {
  readonly #socket: Socket;
  readonly #isPatient: boolean;
  readonly #onWritten: (() => void) | undefined;
  #messages: Message[] = [];

  /**
   * @param isPatient what is sent in this round of the event loop waits for its end, not just for that of the callback: it saves whoever
   * makes many calls, each from a callback of its own, a frame for each, and the other side a wake-up
   * @param onWritten all that was sent so far is with the socket
   */
  constructor(socket: Socket, isPatient = false, onWritten?: () => void) {
    this.#socket = socket;
    this.#isPatient = isPatient;
    this.#onWritten = onWritten;
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
    this.#onWritten?.();
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

/** Calls `receive` with every message that comes; cuts the connection when something else does. */
export function receiveMessages(socket: Socket, receive: (message: unknown) => void): void {
  eachFrame(socket, (frame) => {
    const messages = deserialized(frame);
    if (messages === undefined) return void socket.destroy();
    for (const message of messages) {
      receive(message);
      if (socket.destroyed) return;
    }
  });
}

/** The messages of a frame that anybody may have sent; undefined for what is none of ours. */
export function messagesOf(frame: Buffer): readonly unknown[] | undefined {
  return isPlain(frame) ? deserialized(frame) : undefined;
}

function deserialized(bytes: Buffer): readonly unknown[] | undefined {
  try {
    const messages: unknown = deserialize(bytes);
    return Array.isArray(messages) ? messages : undefined;
  } catch {
    return undefined;
  }
}
