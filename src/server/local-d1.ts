/**
 * D1 databases of a data folder, for the command line: used in this very process, which SQLite allows beside a
 * running server. The rules for SQL are those that apps have.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { D1Database, type QueryResult } from '../bindings/d1/database.ts';
import { D1Failure } from '../bindings/d1/errors.ts';
import { dump, type DumpOptions } from '../bindings/d1/dump.ts';
import { databaseFile } from '../bindings/d1/runner.ts';
import { statementsOf } from '../bindings/d1/sql-text.ts';
import { sqlDir } from '../storage/paths.ts';

export type DatabaseName = { group: string; id: string };
/** `name`: its file's, which is its id unless that has letters no file name should have. */
export type DatabaseRow = { name: string; group: string; bytes: number; file: string };

export type LocalDatabase = {
  /** Carries out the statements of a script, all or none. @throws D1Failure */
  script(sql: string): QueryResult[];
  /** One statement with values. @throws D1Failure */
  query(sql: string, ...params: (string | number | null)[]): QueryResult;
  /** Statements that make it again. @throws Error */
  dump(options: DumpOptions): Iterable<string>;
};

export function isD1Failure(error: unknown): error is Error {
  return error instanceof D1Failure;
}

export function localDatabaseFile(dataDir: string, { group, id }: DatabaseName): string {
  return databaseFile(sqlDir(dataDir), group, id);
}

/** Opens a database for as long as `work` takes; it is made where it is not there. @throws what SQLite says of its file */
export function withDatabase<T>(dataDir: string, name: DatabaseName, work: (database: LocalDatabase) => T): T {
  const database = new D1Database(localDatabaseFile(dataDir, name), { fsync: 'full' });
  try {
    return work({
      script: (sql) => {
        const queries = statementsOf(sql).map((text) => ({ sql: text, params: [] }));
        return queries.length === 0 ? [] : database.query(queries);
      },
      query: (sql, ...params) => database.query([{ sql, params }])[0] as QueryResult,
      dump: (options) => database.trusted((db) => dump(db, options)),
    });
  } finally {
    database.close();
  }
}

export function listDatabases(dataDir: string): DatabaseRow[] {
  const root = sqlDir(dataDir);
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .sort()
    .flatMap((group) => {
      const dir = join(root, group, 'd1');
      const files = existsSync(dir) ? readdirSync(dir).filter((file) => file.endsWith('.sqlite')) : [];
      return files.sort().map((file) => ({ name: basename(file, '.sqlite'), group, bytes: statSync(join(dir, file)).size, file: join(dir, file) }));
    });
}
