/** The pipe between a process and the one that has started it, as the process finds it; message-pipe.ts is the other end. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { eachFrame, frameOf } from '../storage/frame-reader.ts';

/** The descriptor by which it finds it. */
export const CHANNEL_FD = 3;

/** Says something. What is said to a process that has just gone is lost. @param done it is with the system, or lost */
export function say(stream: Duplex, message: object, done: () => void = () => {}): void {
  if (stream.writable) stream.write(frameOf(JSON.stringify(message)), done);
  else done();
}

/** It believes whoever has started it. */
export class ParentChannel<Heard extends object, Said extends object> {
  readonly #socket = new Socket({ fd: CHANNEL_FD, readable: true, writable: true }).on('error', () => {});

  readonly tell = (message: Said, done?: () => void): void => say(this.#socket, message, done);

  onMessage(receive: (message: Heard) => void): void {
    eachFrame(this.#socket, (body) => receive(JSON.parse(body.toString()) as Heard));
  }

  /** Whoever has started this process is gone. */
  onEnd(end: () => void): void {
    this.#socket.once('close', end);
  }
}
