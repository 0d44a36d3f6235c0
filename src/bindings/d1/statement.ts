/** A tenant's statement: compiled once, with what must be known to run it and to account for it. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Effects } from './authorizer.ts';
import { codeOf, D1_TEXTS, D1Failure, describe, isDamage } from './errors.ts';
import { limitedWrite } from './limited-writes.ts';
import type { Value } from './request.ts';
import { errorOffset, type Parameters, parametersOf } from './sql-text.ts';

/** What @types/node does not know yet. @see https://nodejs.org/api/sqlite.html */
type Newer = { stat(counter: 'fullscanStep'): number; resetStats(): void; close(): void };

export type Compiled = {
  readonly statement: StatementSync & Newer;
  readonly parameters: Parameters;
  readonly effects: Effects;
  /** Text after the statement. */
  readonly rest: string;
  /** Names of its columns; asked for once. */
  columns: readonly string[] | undefined;
  /** Rows written to the file for each row changed: the row, and its entry in each index. */
  writesPerRow: number;
};

/** @param prepare compiles under the authorizer, filling effects where they are wanted @throws D1Failure */
export function compile(sql: string, effects: Effects, prepare: (sql: string, effects?: Effects) => StatementSync): Compiled {
  const { statement, length } = prepared(sql, effects, prepare);
  statement.setReturnArrays(true);
  // `:a` and `@a` are two parameters, for which node:sqlite would like to have one name.
  statement.setAllowBareNamedParameters(false);
  const text = statement.sourceSQL;
  return {
    statement: statement as StatementSync & Newer,
    effects,
    parameters: parametersOf(text),
    rest: sql.slice(length).replace(/^[ \t\n\r\v\f]+/, ''),
    columns: undefined,
    writesPerRow: 1,
  };
}

function prepared(sql: string, effects: Effects, prepare: (sql: string, effects?: Effects) => StatementSync): { statement: StatementSync; length: number } {
  try {
    const statement = prepare(sql, effects);
    return { statement, length: statement.sourceSQL.length };
  } catch (error) {
    const limited = error instanceof Error && /^near "(?:ORDER|LIMIT)": syntax error$/i.test(error.message) ? limitedWrite(sql) : undefined;
    if (limited === undefined) throw failureOf(error, sql, prepare);
    try {
      return { statement: prepare(limited.sql, effects), length: limited.length };
    } catch (inner) {
      throw failureOf(inner, sql, prepare);
    }
  }
}

/** What to say of an error of node:sqlite's. */
export function failureOf(error: unknown, sql: string, prepare: (sql: string) => unknown): unknown {
  if (error instanceof D1Failure || !(error instanceof Error)) return error;
  const { message } = error;
  if ((error as { code?: unknown }).code === 'ERR_INVALID_ARG_VALUE' && message.includes('no statements')) return new D1Failure(D1_TEXTS.noStatement);
  const code = codeOf(error);
  if (code === 0 || isDamage(error)) return error;
  if ((code & 0xff) === 13) return new D1Failure(D1_TEXTS.size, { cause: error });
  // Node's word for what SQLite's own programs call "not authorized".
  const text = message === 'authorization denied' ? 'not authorized' : message;
  const offset = errorOffset(sql, text, (part) => {
    try {
      prepare(part);
      return undefined;
    } catch (inner) {
      return (inner as Error).message;
    }
  });
  return new D1Failure(describe(text, code, offset), { cause: error });
}

/** The values of a statement's parameters, in the form node:sqlite binds them. @throws D1Failure when the number is wrong */
export function bindings({ parameters }: Compiled, values: readonly Value[]): unknown[] {
  if (values.length !== parameters.count) throw new D1Failure(D1_TEXTS.parameters);
  if (parameters.names.size === 0) return values as unknown[];
  const named: Record<string, Value> = {};
  const others: unknown[] = [];
  for (let at = 0; at < values.length; at++) {
    const name = parameters.names.get(at);
    if (name === undefined) others.push(values[at]);
    else named[name] = values[at] as Value;
  }
  return [named, ...others];
}

/** Rows the file gets for each changed row of the statement's tables. */
export function writesPerRow(db: DatabaseSync, { tables }: Effects): number {
  let indexes = 0;
  for (const table of tables) {
    if (table.startsWith('sqlite_')) continue;
    indexes = Math.max(indexes, Number(Object.values(db.prepare('SELECT count(*) FROM pragma_index_list(?)').get(table) ?? {})[0] ?? 0));
  }
  return 1 + indexes;
}
