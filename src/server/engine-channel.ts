/**
 * The channel between the supervisor and an engine, or the front: frames of JSON over a pipe of their own.
 *
 * Contract: whoever has taken over an engine can say anything. It is heard where it is a message of protocol/engine.ts and no
 * longer than one may be; whatever else comes ends the channel, and with it the engine. Node's own channel between processes is
 * none for this: a line that is none of its own messages ends the process that reads it.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FromEngine, ToEngine } from '../protocol/engine.ts';
import { eachFrame, frameOf } from '../storage/frame-reader.ts';

/** The descriptor by which an engine finds it. */
export const CHANNEL_FD = 3;

/** The longest message: what an engine has counted for ten thousand apps is a part of it. */
const MOST_MESSAGE_BYTES = 64 * 1024 * 1024;
/** Messages in a second: some say on their own what they have to say, the others answer. */
const MOST_MESSAGES = 10_000;
const SECOND_MS = 1000;

type Field = 'number' | 'string' | 'result';
const FIELDS: { readonly [Type in FromEngine['type']]: Readonly<Record<Exclude<keyof Extract<FromEngine, { type: Type }>, 'type'>, Field>> } = {
  ready: {},
  alive: {},
  listening: { port: 'number' },
  applied: { apps: 'number' },
  catastrophe: { app: 'string', message: 'string' },
  metrics: { call: 'number', text: 'string' },
  storesForCache: {},
  triggered: { call: 'number', result: 'result' },
  drained: {},
};

/** The supervisor's end. @param odd what came is none of our messages; the channel has ended */
export function hearEngine(stream: Duplex, receive: (message: FromEngine) => void, odd: () => void): void {
  let count = 0;
  let since = 0;
  eachFrame(
    stream,
    (body) => {
      const now = performance.now();
      if (now - since > SECOND_MS) {
        since = now;
        count = 0;
      }
      const message = ++count > MOST_MESSAGES ? undefined : readMessage(body);
      if (message !== undefined) return receive(message);
      stream.destroy();
    },
    () => MOST_MESSAGE_BYTES,
  );
  // An engine that has gone ends the stream, or breaks it; what is closed from here spoke another language.
  stream.once('close', () => {
    if (!stream.readableEnded && stream.errored === null) odd();
  });
  stream.on('error', () => {});
}

function readMessage(body: Buffer): FromEngine | undefined {
  try {
    const message: unknown = JSON.parse(body.toString());
    return isMessage(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

function isMessage(message: unknown): message is FromEngine {
  if (typeof message !== 'object' || message === null) return false;
  const { type, ...rest } = message as Record<string, unknown>;
  if (typeof type !== 'string' || !Object.hasOwn(FIELDS, type)) return false;
  const fields = Object.entries(FIELDS[type as FromEngine['type']]);
  return Object.keys(rest).length === fields.length && fields.every(([name, kind]) => isField(rest[name], kind as Field));
}

function isField(value: unknown, kind: Field): boolean {
  if (kind !== 'result') return typeof value === kind;
  if (typeof value !== 'object' || value === null) return false;
  const { outcome, error, noRetry, ...rest } = value as Record<string, unknown>;
  const isOptional = (part: unknown, type: string): boolean => part === undefined || typeof part === type;
  return typeof outcome === 'string' && isOptional(error, 'string') && isOptional(noRetry, 'boolean') && Object.keys(rest).length === 0;
}

/** Says something to an engine, or to the supervisor. What is said to one that has just gone is lost. */
export function say(stream: Duplex, message: ToEngine | FromEngine): void {
  if (stream.writable) stream.write(frameOf(JSON.stringify(message)));
}

/** An engine's end. */
export class SupervisorChannel {
  readonly #socket = new Socket({ fd: CHANNEL_FD, readable: true, writable: true }).on('error', () => {});

  readonly tell = (message: FromEngine): void => say(this.#socket, message);

  onMessage(receive: (message: ToEngine) => void): void {
    eachFrame(this.#socket, (body) => receive(JSON.parse(body.toString()) as ToEngine));
  }

  /** The supervisor is gone. */
  onEnd(end: () => void): void {
    this.#socket.once('close', end);
  }
}
