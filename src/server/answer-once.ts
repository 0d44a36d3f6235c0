/**
 * The inside of a process that is asked one thing: SQLite, on files that tenants have filled. It ends when it has answered, when
 * whoever asked ends it, and with the supervisor. What it does not need it gives up before it is asked.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DataError } from '../ports/stored-data.ts';
import type { FromOnce } from './ask-once.ts';
import { ignoreSignals } from './channel.ts';
import { ParentChannel } from './parent-channel.ts';
import { raiseWalls } from './walls/harden.ts';
import { loadLibc } from './walls/libc.ts';
import { dieWithParent } from './walls/signals.ts';

/** `mostBytes`: of a value. */
export type Asked<Ask> = Ask & { mostBytes: number };

/** Bytes whose number is known, or not. */
export type Given = { value: readonly Buffer[] } | { stream: Readable };

/** An error's text is cut here: in JSON a letter may take six bytes. */
const MOST_LETTERS = 100_000;

/** @param perform throws DataErrors for refusals; any other is a fault of ours */
export function answerOnce<Ask extends object>(perform: (ask: Asked<Ask>) => Promise<Given>): void {
  const channel = new ParentChannel<Asked<Ask>, FromOnce>();
  const tell = (message: FromOnce): Promise<void> => new Promise((resolve) => channel.tell(message, resolve));
  ignoreSignals();
  const libc = loadLibc();
  // A query of SQLite's looks at nothing: without the supervisor there might be nobody to end it.
  dieWithParent(libc);
  raiseWalls(libc);
  channel.onEnd(() => process.exit(1));
  channel.onMessage((ask) => {
    perform(ask)
      .then(
        async (given) => {
          await tell(headOf(given));
          await pipeline('value' in given ? Readable.from(given.value) : given.stream, process.stdout);
        },
        async (error: unknown) => {
          await tell(refusal(error));
          process.exit(1);
        },
      )
      // It has answered: that not all of it comes tells the rest.
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  });
}

function headOf(given: Given): FromOnce {
  return 'stream' in given ? { type: 'stream' } : { type: 'value', bytes: given.value.reduce((bytes, part) => bytes + part.length, 0) };
}

function refusal(error: unknown): FromOnce {
  const isKnown = error instanceof DataError;
  const text = isKnown ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  const message = text.length <= MOST_LETTERS ? text : `${text.slice(0, MOST_LETTERS)}…`;
  return { type: 'error', kind: isKnown ? error.kind : 'fault', message };
}
