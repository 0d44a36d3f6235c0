/**
 * Messages between a process and one that it has started: frames of JSON over a pipe of their own. This is the end of the first;
 * parent-channel.ts is the other.
 *
 * Contract: whoever has taken over the process that was started can say anything. It is heard where it is a message as they were
 * described, and no longer than one may be; whatever else comes ends the pipe. Node's own channel between processes is none for
 * this: a line that is none of its own messages ends the process that reads it. See docs/decisions/0028.
 */
import { type ChildProcess, type IOType, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { eachFrame } from '../storage/frame-reader.ts';
import { CHANNEL_FD } from './parent-channel.ts';

/** `channel`: undefined where the system has no room for another process, which an event of `child` tells. */
export type Spawned = { child: ChildProcess; channel: Duplex | undefined };

/** Starts Node. @param more descriptors that it inherits, behind the pipe */
export function spawnWithChannel(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  stdio: readonly [IOType, IOType, IOType],
  ...more: readonly number[]
): Spawned {
  const child = spawn(process.execPath, [...argv], { env: { ...env }, stdio: [...stdio, 'pipe', ...more] });
  // Whatever the types say, there may be no list of pipes.
  return { child, channel: child.stdio?.[CHANNEL_FD] as Duplex | undefined };
}

/** Whether a field of a message is of its kind. */
export type Check = (value: unknown) => boolean;

export const isNumber: Check = (value) => typeof value === 'number';
export const isBoolean: Check = (value) => typeof value === 'boolean';
export const isString: Check = (value) => typeof value === 'string';
/** Of bytes, say. JSON may have numbers that are none: 1e999. */
export const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Messages by type, field by field. */
export type Shapes<Message extends { type: string }> = {
  readonly [Type in Message['type']]: Readonly<Record<Exclude<keyof Extract<Message, { type: Type }>, 'type'>, Check>>;
};

/** Tells messages from what is none: each has its fields, of their kinds, and none more. */
export function messageReader<Message extends { type: string }>(shapes: Shapes<Message>): (value: unknown) => Message | undefined {
  return (value) => {
    if (typeof value !== 'object' || value === null) return undefined;
    const { type, ...rest } = value as Record<string, unknown>;
    if (typeof type !== 'string' || !Object.hasOwn(shapes, type)) return undefined;
    const fields = Object.entries<Check>(shapes[type as Message['type']]);
    const isMessage = Object.keys(rest).length === fields.length && fields.every(([name, check]) => Object.hasOwn(rest, name) && check(rest[name]));
    return isMessage ? (value as Message) : undefined;
  };
}

export type HearOptions<Message> = {
  /** Of one message. What it takes as an object may be twenty times as much. */
  mostBytes: number;
  /** Messages in a second: some say on their own what they have to say, the others answer. */
  mostMessages: number;
  /** Of all messages in a second. */
  mostBytesASecond?: number;
  /** Undefined for what is no message, or is not wanted. */
  read(value: unknown): Message | undefined;
  receive(message: Message): void;
  /** What came is none of our messages, or too many; the pipe has been closed. */
  odd(): void;
};

const SECOND_MS = 1000;

/** Hears what comes. What is said goes by `say`. */
export function hear<Message>(stream: Duplex, options: HearOptions<Message>): void {
  const { mostBytes, mostMessages, mostBytesASecond = Number.POSITIVE_INFINITY, read, receive, odd } = options;
  let count = 0;
  let bytes = 0;
  let since = 0;
  const isTooMuch = (length: number): boolean => {
    const now = performance.now();
    if (now - since > SECOND_MS) {
      since = now;
      count = bytes = 0;
    }
    bytes += length;
    return ++count > mostMessages || bytes > mostBytesASecond;
  };
  eachFrame(
    stream,
    (body) => {
      const message = isTooMuch(body.length) ? undefined : read(parseJson(body));
      if (message === undefined) stream.destroy();
      else receive(message);
    },
    () => mostBytes,
  );
  // A process that has gone ends the stream, or breaks it; what is closed from here spoke another language.
  stream.once('close', () => {
    if (!stream.readableEnded && stream.errored === null) odd();
  });
  stream.on('error', () => {});
}

/** @returns undefined for what is none */
function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
