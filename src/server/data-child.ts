/**
 * One operation on a D1 database, for the admin port, in a process of its own: whoever started it may end it at any
 * moment. The body comes through standard input, bytes of the answer go to standard output.
 */
import type { Stores } from '../ports/stores.ts';
import type { FromDataChild, ToDataChild } from './data/child.ts';
import { asDataError, findOperation } from './data/operations.ts';
import { pipeline } from 'node:stream/promises';
import { DataError } from '../ports/stored-data.ts';
import { ignoreSignals } from './channel.ts';

const tell = (message: FromDataChild): Promise<void> => new Promise((resolve) => void process.send?.(message, undefined, undefined, () => resolve()));
const stores: Stores = { call: () => Promise.reject(new Error('there are no stores here')) };

ignoreSignals();
process.on('disconnect', () => process.exit(1));
process.once('message', (message) => {
  perform(message as ToDataChild).then(
    () => process.exit(0),
    (error: unknown) => {
      const known = asDataError(error);
      const answer: FromDataChild =
        known instanceof DataError
          ? { type: 'error', kind: known.kind, message: known.message }
          : { type: 'error', kind: undefined, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
      void tell(answer).then(() => process.exit(1));
    },
  );
});

async function perform({ name, args, length, ...place }: ToDataChild): Promise<void> {
  const answer = await findOperation(name, args).run({ ...place, stores }, { stream: process.stdin, length });
  if ('value' in answer) return tell({ type: 'value', value: answer.value });
  await tell({ type: 'stream' });
  await pipeline(answer.stream, process.stdout);
}
