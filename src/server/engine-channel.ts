/** What the supervisor hears from an engine, or the front, over its pipe: messages of protocol/engine.ts, no longer and no more than there may be. */
import type { Duplex } from 'node:stream';
import type { FromEngine } from '../protocol/engine.ts';
import { type Check, hear, isNumber, isObject, isString, messageReader, parseJson } from './message-pipe.ts';

/** The longest message but for metrics: an error of an app's, in words. Of JSON that is nothing but {},{},… V8 makes objects of 22 times its length. */
const MOST_PLAIN_BYTES = 1024 * 1024;
/** What an engine has counted for ten thousand apps takes 33 MB; where all of them have crons, queues and limits that were hit, 49 MB. */
const MOST_METRICS_BYTES = 64 * 1024 * 1024;
const LONG_METRICS = /^\{"type":"metrics","call":(\d{1,15}),"text":(?=")/;
const MOST_HEAD_BYTES = 60;
const MOST_MESSAGES = 10_000;

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
  metrics: { call: isNumber, text: isString },
  storesForCache: {},
  triggered: { call: isNumber, result: isResult },
  drained: {},
});

/** Of a long message the text alone is read: JSON that begins with a quotation mark is one text, or nothing, and takes no more than it has bytes. */
function parse(body: Buffer): unknown {
  if (body.length <= MOST_PLAIN_BYTES) return parseJson(body);
  const head = LONG_METRICS.exec(body.toString('latin1', 0, MOST_HEAD_BYTES));
  if (head === null || body.at(-1) !== '}'.charCodeAt(0)) return undefined;
  return { type: 'metrics', call: Number(head[1]), text: parseJson(body.subarray(head[0].length, -1)) };
}

/** @param odd what came is none of our messages, or too many; the pipe has been closed */
export function hearEngine(stream: Duplex, receive: (message: FromEngine) => void, odd: () => void): void {
  hear(stream, { mostBytes: MOST_METRICS_BYTES, mostMessages: MOST_MESSAGES, parse, read: readMessage, receive, odd });
}
