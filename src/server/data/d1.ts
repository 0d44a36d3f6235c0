/**
 * Operations on D1 databases: used in this very process, which SQLite allows beside a running server. The rules for SQL
 * are those that apps have. A server has them carried out in a process that it can end.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { D1Database, type QueryResult } from '../../bindings/d1/database.ts';
import { dump, type DumpOptions } from '../../bindings/d1/dump.ts';
import { databaseFile } from '../../bindings/d1/runner.ts';
import { statementsOf } from '../../bindings/d1/sql-text.ts';
import { DataError } from '../../ports/stored-data.ts';
import { sqlDir } from '../../storage/paths.ts';
import { type DataPlace, id, type Needed, type Operation, operation, readAll, text } from './operation.ts';

export type D1Result = QueryResult;
/** `name`: its file's, which is its id unless that has letters no file name should have. `file`: in the folder of databases. */
export type DatabaseRow = { name: string; group: string; bytes: number; file: string };

const MOST_SQL_BYTES = 100 * 1024 * 1024;
const database = z.object({ id });
const needs = ({ id }: { id: string }): Needed => ({ product: 'd1', id });

export const D1_OPERATIONS: Readonly<Record<string, Operation>> = {
  // All of its statements, or none.
  'd1/script': operation({
    args: database,
    run: async (place, { id }, body) => {
      const queries = statementsOf((await readAll(body, MOST_SQL_BYTES)).toString()).map((sql) => ({ sql, params: [] }));
      const value = queries.length === 0 ? [] : inDatabase(place, id, (opened) => opened.query(queries));
      return { value: value satisfies D1Result[] };
    },
  }),
  'd1/export': operation({
    args: database.extend({ tables: z.array(text).max(10_000), schema: z.boolean(), data: z.boolean() }),
    needs,
    run: async (place, { id, ...options }) => {
      if (!existsSync(fileOf(place, id))) throw new DataError('missing', `there is no database ${id}`);
      const lines = batches(statements(place, id, options));
      // Now: what cannot be exported is an answer of its own, and not the end of a stream.
      const first = lines.next();
      return { stream: Readable.from(startingWith(first, lines), { objectMode: false }), length: undefined };
    },
  }),
  'd1/databases': operation({ args: z.object({}), run: async ({ dataDir }) => ({ value: listDatabases(sqlDir(dataDir)) }) }),
};

/** The file of a database below the folder of all of them, as DatabaseRow has it. */
export function databaseFileName(group: string, id: string): string {
  return databaseFile('', group, id);
}

function fileOf({ dataDir, group }: DataPlace, id: string): string {
  return databaseFile(sqlDir(dataDir), group, id);
}

/** Opens a database for as long as `work` takes; it is made where it is not there. */
function inDatabase<T>(place: DataPlace, id: string, work: (database: D1Database) => T): T {
  const opened = new D1Database(fileOf(place, id), { fsync: place.fsync });
  try {
    return work(opened);
  } finally {
    opened.close();
  }
}

/** All of one moment, whatever apps write meanwhile. */
function* statements(place: DataPlace, id: string, options: DumpOptions): Generator<string> {
  const opened = new D1Database(fileOf(place, id), { fsync: place.fsync });
  try {
    opened.trusted((db) => db.exec('BEGIN'));
    yield* opened.trusted((db) => dump(db, options));
    opened.trusted((db) => db.exec('COMMIT'));
  } finally {
    opened.close();
  }
}

const BATCH = 64 * 1024;

/** Lines, many at a time. */
function* batches(lines: Iterable<string>): Generator<Buffer> {
  let batch = '';
  for (const line of lines) {
    batch += `${line}\n`;
    if (batch.length < BATCH) continue;
    yield Buffer.from(batch);
    batch = '';
  }
  if (batch !== '') yield Buffer.from(batch);
}

/** What has been begun to be read, from its beginning. Whoever gives it up ends it, also before the first of it was taken. */
function startingWith<T>(first: IteratorResult<T>, others: Generator<T>): Iterable<T> {
  let next: IteratorResult<T> | undefined = first;
  const iterator: Iterator<T> = {
    next: () => {
      const result = next ?? others.next();
      next = undefined;
      return result;
    },
    return: () => others.return(undefined),
  };
  return { [Symbol.iterator]: () => iterator };
}

function listDatabases(root: string): DatabaseRow[] {
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .sort()
    .flatMap((group) => {
      const dir = join(root, group, 'd1');
      const files = existsSync(dir) ? readdirSync(dir).filter((file) => file.endsWith('.sqlite')) : [];
      return files.sort().map((file) => ({ name: basename(file, '.sqlite'), group, bytes: statSync(join(dir, file)).size, file: join(group, 'd1', file) }));
    });
}
