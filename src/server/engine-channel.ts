/** What the supervisor hears from an engine, or the front, over its pipe: messages of protocol/engine.ts, no longer and no more than there may be. */
import type { Duplex } from 'node:stream';
import type { FromEngine } from '../protocol/engine.ts';
import { type Check, hear, isNumber, isString, messageReader } from './message-pipe.ts';

/** The longest message: what an engine has counted for ten thousand apps is a part of it. */
const MOST_MESSAGE_BYTES = 64 * 1024 * 1024;
/** Messages in a second: some say on their own what they have to say, the others answer. */
const MOST_MESSAGES = 10_000;
const SECOND_MS = 1000;

const isResult: Check = (value) => {
  if (typeof value !== 'object' || value === null) return false;
  const { outcome, error, noRetry, ...rest } = value as Record<string, unknown>;
  const isOptional = (part: unknown, type: string): boolean => part === undefined || typeof part === type;
  return isString(outcome) && isOptional(error, 'string') && isOptional(noRetry, 'boolean') && Object.keys(rest).length === 0;
};

const readMessage = messageReader<FromEngine>({
  ready: {},
  alive: {},
  listening: { port: isNumber },
  applied: { apps: isNumber },
  catastrophe: { app: isString, message: isString },
  metrics: { call: isNumber, text: isString },
  storesForCache: {},
  triggered: { call: isNumber, result: isResult },
  drained: {},
});

/** @param odd what came is none of our messages, or too many; the pipe has been closed */
export function hearEngine(stream: Duplex, receive: (message: FromEngine) => void, odd: () => void): void {
  let count = 0;
  let since = 0;
  const read = (value: unknown): FromEngine | undefined => {
    const now = performance.now();
    if (now - since > SECOND_MS) {
      since = now;
      count = 0;
    }
    return ++count > MOST_MESSAGES ? undefined : readMessage(value);
  };
  hear(stream, { mostBytes: MOST_MESSAGE_BYTES, read, receive, odd });
}
