/**
 * What a tenant hears of a failed statement: SQLite's words with the names of its result codes, as D1 has them.
 * @see https://developers.cloudflare.com/d1/observability/debug-d1/
 * @see https://www.sqlite.org/rescode.html
 */

/** A failure in D1's words; the binding puts "D1_ERROR: " before it. */
export class D1Failure extends Error {
  override name = 'D1Failure';
}

export const TRANSACTION_TEXT =
  'To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. ' +
  "The JavaScript API is safer because it will automatically roll back on exceptions, and because it interacts correctly with Durable Objects' automatic atomic write coalescing.";

/** Texts of D1's that tell of its limits. */
export const D1_TEXTS = {
  timeout: 'D1 DB storage operation exceeded timeout which caused object to be reset.',
  memory: "D1 DB's isolate exceeded its memory limit and was reset.",
  size: 'Exceeded maximum DB size.',
  tooMany: 'D1 DB is overloaded. Too many requests queued.',
  tooLong: 'D1 DB is overloaded. Requests queued for too long.',
  lost: 'Internal error in D1 DB storage caused object to be reset.',
  damaged: 'Internal error while starting up D1 DB storage caused object to be reset.',
  statement: 'statement too long: SQLITE_TOOBIG',
  noStatement: 'SQL code did not contain a statement.',
  noStatements: 'No SQL statements detected.',
  parameters: 'Wrong number of parameter bindings for SQL query.',
  prelude: 'When executing multiple SQL statements in a single call, only the last statement can have parameters.',
} as const;

const CODES =
  'OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL CANTOPEN PROTOCOL EMPTY SCHEMA TOOBIG CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB'.split(
    ' ',
  );
/** Extended codes of SQLITE_CONSTRAINT, from 1. */
const CONSTRAINTS = 'CHECK COMMITHOOK FOREIGNKEY FUNCTION NOTNULL PRIMARYKEY TRIGGER UNIQUE VTAB ROWID PINNED DATATYPE'.split(' ');

const CONSTRAINT = 19;

/** SQLite's result code of an error of node:sqlite's; 0 for anything else. */
export function codeOf(error: unknown): number {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code : 0;
}

/** SQLite says that the file is damaged or no database. */
export function isDamage(error: unknown): boolean {
  const primary = codeOf(error) & 0xff;
  return primary === 11 || primary === 26;
}

/** "UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)" */
export function describe(message: string, code: number, offset: number | undefined): string {
  const primary = code & 0xff;
  const name = `SQLITE_${CODES[primary] ?? 'ERROR'}`;
  const detail = primary === CONSTRAINT ? CONSTRAINTS[(code >> 8) - 1] : undefined;
  const extended = detail === undefined ? '' : ` (extended: ${name}_${detail})`;
  return `${message}${offset === undefined ? '' : ` at offset ${offset}`}: ${name}${extended}`;
}
