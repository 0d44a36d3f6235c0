/**
 * One operation on a D1 database, for the admin port, in a process of its own: whoever started it may end it at any
 * moment. The body comes through standard input, bytes of the answer go to standard output.
 */
import type { Stores } from '../ports/stores.ts';
import { DataError } from '../ports/stored-data.ts';
import { answerOnce } from './answer-once.ts';
import type { DataAsk } from './data/child.ts';
import { findOperation } from './data/operations.ts';

const stores: Stores = { call: () => Promise.reject(new Error('there are no stores here')) };
const PART_LETTERS = 256 * 1024;

answerOnce<DataAsk>(async ({ name, args, length, mostBytes, ...place }) => {
  const answer = await findOperation(name, args).run({ ...place, stores }, { stream: process.stdin, length });
  return 'stream' in answer ? answer : { value: jsonOf(answer.value, mostBytes) };
});

/** The JSON of a value in parts: that of a script's many results may be longer than a string can be. @throws DataError */
function jsonOf(value: unknown, mostBytes: number): Buffer[] {
  if (!Array.isArray(value)) return [Buffer.from(JSON.stringify(value))];
  const parts: Buffer[] = [];
  let text = '[';
  let bytes = 0;
  const flush = (): void => {
    const part = Buffer.from(text);
    bytes += part.length;
    if (bytes > mostBytes) throw new DataError('failed', `it is done, but its answer is longer than ${mostBytes / 1024 / 1024} MB`);
    parts.push(part);
    text = '';
  };
  for (const [at, one] of value.entries()) {
    text += (at === 0 ? '' : ',') + JSON.stringify(one);
    if (text.length > PART_LETTERS) flush();
  }
  text += ']';
  flush();
  return parts;
}
