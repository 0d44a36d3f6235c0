/**
 * What a connection has that its database has not: what it has changed last, and settings that SQL can make. A tenant
 * knows of one connection only, which the next process that has the database must seem to be.
 */
import type { DatabaseSync } from 'node:sqlite';

/** `changes()`, `last_insert_rowid()`, and the settings that are on, one bit for each. */
export type ConnectionState = { changes: number; row: number; settings: number };

/** Those that the rules let a tenant make and that outlive the call. */
const SETTINGS = ['recursive_triggers', 'ignore_check_constraints', 'legacy_alter_table', 'reverse_unordered_selects', 'case_sensitive_like'] as const;
const NEW: ConnectionState = { changes: 0, row: 0, settings: 0 };

export function writeHandover({ changes, row, settings }: ConnectionState): string {
  return `${changes} ${row} ${settings}`;
}

/** @returns the state of a new connection for what `writeHandover` has not made: a process that was taken over may have left it */
export function readHandover(text: string): ConnectionState {
  const [changes, row, settings] = /^\d+ -?\d+ \d+$/.test(text) ? text.split(' ').map(Number) : [];
  if (changes === undefined || row === undefined || settings === undefined) return NEW;
  return Number.isSafeInteger(changes) && settings < 2 ** SETTINGS.length ? { changes, row, settings } : NEW;
}

/** The settings that are on. */
export function settingsOf(db: DatabaseSync): number {
  return SETTINGS.reduce((bits, name, at) => bits | (isOn(db, name) ? 1 << at : 0), 0);
}

/**
 * Brings a connection into another's state. Takes as long as changing as many rows does.
 * @param settings those that are on in it
 */
export function restore(db: DatabaseSync, state: ConnectionState, settings: number): void {
  for (const [at, name] of SETTINGS.entries()) {
    const wanted = (state.settings >> at) & 1;
    if (((settings >> at) & 1) !== wanted) db.exec(`PRAGMA ${name} = ${wanted}`);
  }
  const row = rowOf(state.row);
  // The same row again and again: each time counts.
  const rows =
    state.changes <= 1
      ? `VALUES (${row})`
      : `WITH RECURSIVE n (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n WHERE at < ${state.changes}) SELECT ${row} FROM n`;
  // Not to be there when a tenant asks for the tables.
  db.exec(
    `CREATE TEMP TABLE _cf_handover (id INTEGER PRIMARY KEY); INSERT OR REPLACE INTO temp._cf_handover ${rows};
     ${state.changes === 0 ? 'DELETE FROM temp._cf_handover WHERE 0;' : ''} DROP TABLE temp._cf_handover`,
  );
}

function isOn(db: DatabaseSync, name: (typeof SETTINGS)[number]): boolean {
  // It is the one that does not say so itself.
  const sql = name === 'case_sensitive_like' ? "SELECT 'a' NOT LIKE 'A' AS isOn" : `SELECT ${name} AS isOn FROM pragma_${name}`;
  return db.prepare(sql).get()?.['isOn'] === 1;
}

/** As near as can be: what a connection says of a row is rounded on its way. */
function rowOf(row: number): bigint {
  const least = -(2 ** 63);
  if (row < least) return BigInt(least);
  return row < -least ? BigInt(row) : BigInt(-least) - 1n;
}
