/** What the supervisor hears from a process that has stores, over its pipe: messages of protocol/store.ts, no longer and no more than there may be. */
import type { Duplex } from 'node:stream';
import type { FromStore } from '../protocol/store.ts';
import { type Check, hear, isCount, isObject, isString, messageReader } from './message-pipe.ts';

/** What a thousand accounts come to is the longest, and takes a fifth. */
const MOST_MESSAGE_BYTES = 1024 * 1024;
/** Ten thousand queues may all be due when the server starts. */
const MOST_MESSAGES = 20_000;
/** Of a line of the log. */
const MOST_FIELDS = 20;
const MOST_LETTERS = 4000;
const FIELD = /^[a-zA-Z]{1,40}$/;
/** A line has them of its own. */
const OWN_FIELDS: readonly string[] = ['level', 'time', 'msg'];
/** More than there are kinds of stores. */
const MOST_PRODUCTS = 20;
const PRODUCT = /^[a-z0-9-]{1,40}$/;

const isShort: Check = (value) => typeof value === 'string' && value.length <= MOST_LETTERS;

const isFields: Check = (value) => {
  if (!isObject(value)) return false;
  const isField = ([name, part]: [string, unknown]): boolean =>
    FIELD.test(name) && !OWN_FIELDS.includes(name) && (isShort(part) || typeof part === 'number' || typeof part === 'boolean');
  const fields = Object.entries(value);
  return fields.length <= MOST_FIELDS && fields.every(isField);
};

/** Numbers by product. */
const isCounts: Check = (value) => {
  if (!isObject(value)) return false;
  const counts = Object.entries(value);
  return counts.length <= MOST_PRODUCTS && counts.every(([product, count]) => PRODUCT.test(product) && isCount(count));
};

const isStorage: Check = (value) => {
  if (!isObject(value)) return false;
  const { app, bytes, refused, ...rest } = value;
  return isString(app) && isCounts(bytes) && isCounts(refused) && Object.keys(rest).length === 0;
};

const readMessage = messageReader<FromStore>({
  ready: {},
  alive: {},
  granted: { call: isCount },
  trouble: { message: isShort, fields: isFields },
  storage: { apps: (value) => Array.isArray(value) && value.every(isStorage) },
  notify: { product: isString, group: isString, id: isString, topic: isString, detail: isString },
});

/** @param odd what came is none of our messages, or too many; the pipe has been closed */
export function hearStore(stream: Duplex, receive: (message: FromStore) => void, odd: () => void): void {
  let isReady = false;
  const read = (value: unknown): FromStore | undefined => {
    const message = readMessage(value);
    if (message?.type !== 'ready') return message;
    if (isReady) return undefined;
    isReady = true;
    return message;
  };
  hear(stream, { mostBytes: MOST_MESSAGE_BYTES, mostMessages: MOST_MESSAGES, read, receive, odd });
}
