/** What the supervisor hears from an engine, or the front, over its pipe: messages of protocol/engine.ts, no longer and no more than there may be. */
import type { Duplex } from 'node:stream';
import type { FromEngine } from '../protocol/engine.ts';
import { type Check, hear, isBoolean, isNumber, isObject, isString, messageReader } from './message-pipe.ts';

/** The longest message: an error of an app's, in words; metrics come in pieces. Of JSON that is nothing but {},{},… V8 makes objects of 22 times its length. */
const MOST_BYTES = 1024 * 1024;
const MOST_MESSAGES = 10_000;
/** More than an engine can say that has something to say; the supervisor hears so much in a fraction of the second. */
const MOST_BYTES_A_SECOND = 256 * 1024 * 1024;

const isResult: Check = (value) => {
  if (!isObject(value)) return false;
  const { outcome, error, noRetry, ...rest } = value;
  const isOptional = (part: unknown, type: string): boolean => part === undefined || typeof part === type;
  return isString(outcome) && isOptional(error, 'string') && isOptional(noRetry, 'boolean') && Object.keys(rest).length === 0;
};

const readMessage = messageReader<FromEngine>({
  ready: {},
  alive: {},
  listening: { port: isNumber },
  applied: { apps: isNumber },
  catastrophe: { app: isString, message: isString },
  restless: { app: isString },
  starved: {},
  metrics: { call: isNumber, text: isString, isLast: isBoolean },
  storesForCache: {},
  triggered: { call: isNumber, result: isResult },
  closed: {},
  drained: {},
});

/** @param odd what came is none of our messages, or too many; the pipe has been closed */
export function hearEngine(stream: Duplex, receive: (message: FromEngine) => void, odd: () => void): void {
  hear(stream, { mostBytes: MOST_BYTES, mostMessages: MOST_MESSAGES, mostBytesASecond: MOST_BYTES_A_SECOND, read: readMessage, receive, odd });
}
