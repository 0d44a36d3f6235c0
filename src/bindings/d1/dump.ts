/**
 * A database as SQL that makes it again: what `nano d1 export` writes, in the order wrangler has.
 * @see https://developers.cloudflare.com/d1/best-practices/import-export-data/
 */
import type { DatabaseSync } from 'node:sqlite';
import { D1Failure } from './errors.ts';

export type DumpOptions = {
  /** Only these. Empty: all. */
  tables: readonly string[];
  schema: boolean;
  data: boolean;
};

type Entry = { name: string; sql: string };

/** Statements, each with its end. @throws D1Failure for a virtual table, which cannot be had as rows */
export function* dump(db: DatabaseSync, { tables: only, schema, data }: DumpOptions): Generator<string> {
  const isMeant = (name: string): boolean => only.length === 0 || only.includes(name);
  const entries = (where: string): Entry[] => db.prepare(`SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND ${where}`).all() as unknown as Entry[];
  // Before anything is written: nobody should have to find out at the end of a file that it is not whole.
  if (entries("type = 'table'").some(({ name, sql }) => isMeant(name) && /^CREATE VIRTUAL TABLE/i.test(sql)))
    throw new D1Failure('D1 Export error: cannot export databases with Virtual Tables (fts5)');
  yield 'PRAGMA defer_foreign_keys=TRUE;';
  // sqlite_sequence has its rows only once the others have theirs.
  for (const { name, sql } of entries("type = 'table' ORDER BY name = 'sqlite_sequence', rowid")) {
    if (!isMeant(name) || /^_cf_/i.test(name)) continue;
    if (/^sqlite_stat/.test(name)) {
      if (schema) yield 'ANALYZE sqlite_schema;';
      continue;
    }
    if (schema) yield name === 'sqlite_sequence' ? 'DELETE FROM sqlite_sequence;' : `${sql};`;
    if (data) yield* rows(db, name);
  }
  if (!schema) return;
  for (const { name, sql } of entries("type IN ('index', 'trigger', 'view') ORDER BY CASE type WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, rowid"))
    if (isMeant(name)) yield `${sql};`;
}

function* rows(db: DatabaseSync, table: string): Generator<string> {
  // Generated columns are not listed: they cannot be written.
  const columns = db
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all(table)
    .map(({ name }) => quoteName(String(name)));
  // quote() ends a text at its first NUL.
  const values = columns.map(
    (name) => `CASE WHEN typeof(${name}) = 'text' AND instr(${name}, char(0)) THEN 'CAST(X''' || hex(${name}) || ''' AS TEXT)' ELSE quote(${name}) END`,
  );
  const statement = db.prepare(`SELECT ${values.join(', ')} FROM ${quoteName(table)}`);
  statement.setReturnArrays(true);
  const head = `INSERT INTO ${quoteName(table)} (${columns.join(',')}) VALUES(`;
  for (const row of statement.iterate() as Iterable<unknown>) yield `${head}${(row as string[]).join(',')});`;
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
