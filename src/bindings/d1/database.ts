/**
 * One D1 database, opened in a process that may be killed: it runs what tenants send.
 *
 * Contract: a call (one statement, or a batch) happens as a whole or not at all; calls given together are committed
 * together where that changes nothing for any of them, and none is answered before its commit. Text goes in and
 * comes out as JSON, so that nobody on the way has to look into it.
 * @see https://developers.cloudflare.com/d1/platform/limits/
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { isReadOnly, newEffects } from './authorizer.ts';
import { Connection, type Counts, LIMITS, type OpenOptions } from './connection.ts';
import { D1_TEXTS, D1Failure, isDamage } from './errors.ts';
import { failureText } from './failure-text.ts';
import { readHandover, restore, settingsOf, writeHandover } from './handover.ts';
import { parseQueries, type Query } from './request.ts';
import { isBlank } from './sql-text.ts';
import { bindings, type Compiled, compile, failureOf, writesPerRow } from './statement.ts';

/** A result of more is no result: its app could not hold it. */
const MOST_RESULT_BYTES = 32 * 1024 * 1024;
const KEPT_STATEMENTS = 200;
/** Free pages are given back, so many at once, where there are more than so many in a database that is not small. */
const KEPT_PAGES = 1000;
const PAGES_AT_ONCE = 2000;
const LEAST_SHRUNK_BYTES = 8 * 1024 * 1024;
/** Longer texts are compiled each time: they would hardly come again. */
const LONGEST_KEPT = 10_000;

export type Meta = {
  served_by: string;
  duration: number;
  changes: number;
  last_row_id: number;
  changed_db: boolean;
  size_after: number;
  rows_read: number;
  rows_written: number;
};

export type QueryResult = { meta: Meta; results: { columns: readonly string[]; rows: readonly (readonly unknown[])[] } };

/** Up to this code a character may be a blank. */
const BLANK = 32;

/** Without a writing word nothing is written: SELECT cannot, and WITH is not taken for one. */
const READ = /^\s*(?:select|values|explain)\b/i;
/** There may be more than one statement. */
const SEVERAL = /;\s*\S/;
/** What may have an effect beyond its own call, and so shares no commit. */
const ALONE = /pragma|deferr/i;

export class D1Database {
  readonly #connection: Connection;
  readonly #kept = new Map<string, Compiled>();
  /** Unknown after a change of ours. */
  #schemaVersion: number | undefined;
  /** It is another one when somebody else has written. */
  #dataVersion = -1;
  #size: number;
  /** What the connection counts, where it is known: asking is as dear as a small statement. */
  #known: Counts | undefined;
  #bookmark = Date.now();
  /** Not known since something was run that may have changed it. */
  #handover: string | undefined = '';
  #settings: number | undefined = 0;
  #hasWritten = false;
  #mayShrink = false;
  /** Whole numbers are read as BigInts in this call: one of them is none that JavaScript has a number for. */
  #isExact = false;

  /** @throws what SQLite says of a file that cannot be opened */
  constructor(file: string, options: OpenOptions) {
    this.#connection = new Connection(file, options);
    this.#size = this.#connection.size();
  }

  /**
   * Carries out calls, each a JSON text, and gives an answer for each: JSON, too.
   * @param beforeCommit told before anything becomes lasting when there are several calls
   * @throws what SQLite says of a damaged file
   */
  run(requests: readonly string[], beforeCommit: () => void = () => {}): string[] {
    if (requests.length > 1) {
      const calls = requests.map(readQueries);
      if (!calls.every((queries) => queries !== undefined && this.#areReads(queries))) {
        const answers = this.#together(calls, beforeCommit);
        if (answers !== undefined) return answers;
        beforeCommit();
      }
    }
    return requests.map((request) => this.#answer(() => this.#alone(parseQueries(request))));
  }

  /** Gives the connection itself, beyond the rules for tenants. */
  trusted<T>(work: (db: DatabaseSync) => T): T {
    return this.#connection.trusted(work);
  }

  /** Carries out one call. @throws D1Failure */
  query(queries: readonly Query[]): QueryResult[] {
    return this.#inexactFirst(() => this.#alone(queries));
  }

  /** In bytes, of the pages that are free, too. */
  get size(): number {
    return this.#size;
  }

  /** Sets how large the database may become, in bytes. */
  allow(mostBytes: number): void {
    this.#connection.allow(mostBytes);
  }

  /**
   * Goes on where another process has left the database.
   * @param handover its `handover`; empty for a start
   */
  takeOver(handover: string): void {
    if (handover === this.handover) return;
    const state = readHandover(handover);
    this.#connection.trusted((db) => restore(db, state, (this.#settings ??= settingsOf(db))));
    this.#known = undefined;
    this.#settings = state.settings;
    this.#handover = handover;
  }

  /** What another process has to know to go on as this one would. */
  get handover(): string {
    if (this.#handover !== undefined) return this.#handover;
    const { last, row } = (this.#known ??= this.#connection.counts());
    this.#settings ??= this.#connection.trusted(settingsOf);
    return (this.#handover = writeHandover({ changes: last, row, settings: this.#settings }));
  }

  /** Gives free pages back to the disk, some at a time. To be called when there is time. */
  shrink(): void {
    if (!this.#mayShrink || this.#size < LEAST_SHRUNK_BYTES) return;
    this.#mayShrink = false;
    this.#connection.shrink(PAGES_AT_ONCE, KEPT_PAGES);
    const size = this.#connection.size();
    // What is left follows.
    this.#mayShrink = size < this.#size;
    this.#size = size;
  }

  close(): void {
    this.#kept.clear();
    this.#connection.close();
  }

  /** Several calls in one transaction: they pay for one wait for the disk. Undefined when they must go one by one. */
  #together(calls: readonly (readonly Query[] | undefined)[], beforeCommit: () => void): string[] | undefined {
    if (calls.some((queries) => queries === undefined || queries.some(({ sql }) => ALONE.test(sql)))) return undefined;
    const answers: string[] = [];
    try {
      this.#begin(false);
      for (const queries of calls) {
        answers.push(
          this.#answer(() => {
            this.#connection.exec('SAVEPOINT _cf_call');
            try {
              const results = this.#work(queries ?? []);
              this.#connection.exec('RELEASE _cf_call');
              return results;
            } catch (error) {
              if (this.#connection.isTransaction) for (const sql of ['ROLLBACK TO _cf_call', 'RELEASE _cf_call']) this.#connection.exec(sql);
              this.#known = undefined;
              this.#size = this.#connection.size();
              throw error;
            }
          }),
        );
        // SQLite has given up on all of it: a full disk, for one.
        if (!this.#connection.isTransaction) return undefined;
      }
      beforeCommit();
      this.#connection.exec('COMMIT');
      return answers;
    } catch (error) {
      this.#rollback();
      if (isDamage(error)) throw error;
      // A deferred constraint of one of them: alone, only that one fails.
      return undefined;
    }
  }

  #alone(queries: readonly Query[]): QueryResult[] {
    const isReading = this.#areReads(queries);
    if (isReading && queries.length === 1) return this.#work(queries);
    try {
      this.#begin(isReading);
      const results = this.#work(queries);
      this.#connection.exec('COMMIT');
      return results;
    } catch (error) {
      this.#rollback();
      throw failureOf(error, '', () => undefined);
    }
  }

  #areReads(queries: readonly Query[]): boolean {
    return queries.every(({ sql }) => {
      const kept = this.#kept.get(sql);
      return kept === undefined ? READ.test(sql) && !SEVERAL.test(sql) : isReadOnly(kept.effects) && kept.rest === '';
    });
  }

  #begin(isReading: boolean): void {
    this.#connection.exec(isReading ? 'BEGIN' : 'BEGIN IMMEDIATE');
  }

  #rollback(): void {
    // SQLite may have done so by itself.
    if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
    this.#known = undefined;
    this.#size = this.#connection.size();
  }

  #answer(work: () => QueryResult[]): string {
    try {
      return JSON.stringify({ results: this.#inexactFirst(work).map(packed), bookmark: this.#bookmarkText() });
    } catch (error) {
      if (error instanceof D1Failure) return failureText(error.message);
      throw error;
    }
  }

  /** Whole numbers that JavaScript has no number for come rounded, as they do in D1: node:sqlite needs a second run for it. */
  #inexactFirst(work: () => QueryResult[]): QueryResult[] {
    try {
      return work();
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_OUT_OF_RANGE') throw error;
    }
    this.#isExact = true;
    try {
      return work();
    } finally {
      this.#isExact = false;
    }
  }

  #work(queries: readonly Query[]): QueryResult[] {
    this.#catchUp();
    const real = queries.filter(({ sql }) => !isSkipped(sql));
    if (real.length === 0) throw new D1Failure(D1_TEXTS.noStatements);
    const before = this.#size;
    const results = real.map((query) => this.#query(query));
    // Once for all of them: asking is as dear as a small statement. Reads have left it as it was.
    if (this.#hasWritten) this.#size = this.#connection.size();
    this.#hasWritten = false;
    for (const { meta } of results) meta.size_after = this.#size;
    const last = results.at(-1);
    if (last !== undefined && this.#size !== before) last.meta.changed_db = true;
    return results;
  }

  /** With what others have written, and with what a change of the schema has left. */
  #catchUp(): void {
    const version = this.#connection.dataVersion();
    if (version === this.#dataVersion && this.#schemaVersion !== undefined) return;
    const schema = this.#connection.schemaVersion();
    if (schema !== this.#schemaVersion) this.#kept.clear();
    this.#schemaVersion = schema;
    if (version === this.#dataVersion) return;
    this.#dataVersion = version;
    this.#size = this.#connection.size();
    this.#moveOn();
  }

  #moveOn(): void {
    this.#bookmark = Math.max(this.#bookmark + 1, Date.now());
  }

  #query({ sql, params }: Query): QueryResult {
    const started = performance.now();
    let text = sql;
    let compiled = this.#compiled(text);
    const before = (this.#known ??= this.#connection.counts());
    while (compiled.rest !== '') {
      if (compiled.parameters.count > 0) throw new D1Failure(D1_TEXTS.prelude);
      this.#step(compiled, [], text);
      text = compiled.rest;
      compiled = this.#compiled(text);
    }
    const rows = this.#step(compiled, params, text);
    const { effects } = compiled;
    if (effects.changesSchema || compiled.columns === undefined) compiled.columns = compiled.statement.columns().map(({ name }) => name ?? '');
    const isRead = isReadOnly(effects) && text === sql;
    const after = isRead ? before : (this.#known = this.#connection.counts());
    if (!isRead) this.#mayShrink = this.#hasWritten = true;
    if (effects.changesSchema) {
      this.#kept.clear();
      this.#schemaVersion = undefined;
    }
    const changes = after.changes - before.changes;
    const changed = changes !== 0 || after.row !== before.row || effects.changesSchema;
    if (changed) this.#moveOn();
    const scanned = compiled.statement.stat('fullscanStep');
    compiled.statement.resetStats();
    return {
      meta: {
        served_by: 'nano.db',
        duration: Math.round((performance.now() - started) * 1000) / 1000,
        changes,
        last_row_id: after.row,
        changed_db: changed,
        size_after: this.#size,
        rows_read: !effects.readsTables ? 0 : Math.max(isRead ? rows.length : changes, scanned === 0 ? 0 : scanned + 1),
        rows_written: changes * compiled.writesPerRow,
      },
      results: { columns: compiled.columns, rows },
    };
  }

  #compiled(sql: string): Compiled {
    const kept = this.#kept.get(sql);
    if (kept !== undefined) return kept;
    if (sql.length > LIMITS.sqlLength || Buffer.byteLength(sql) > LIMITS.sqlLength) throw new D1Failure(D1_TEXTS.statement);
    const effects = newEffects();
    const compiled = compile(sql, effects, (text, filled = newEffects()) => this.#connection.prepare(text, filled));
    if (isBlank(compiled.statement.sourceSQL)) throw new D1Failure(D1_TEXTS.noStatement);
    if (effects.tables.size > 0 && !effects.changesSchema) {
      compiled.writesPerRow = this.#connection.trusted((db) => writesPerRow(db, effects));
    }
    if (sql.length <= LONGEST_KEPT && !effects.changesSchema) {
      if (this.#kept.size >= KEPT_STATEMENTS) this.#kept.delete(this.#kept.keys().next().value as string);
      this.#kept.set(sql, compiled);
    }
    return compiled;
  }

  #step(compiled: Compiled, values: Query['params'], sql: string): unknown[][] {
    const { statement, effects } = compiled;
    if (!isReadOnly(effects)) this.#handover = undefined;
    if (effects.makesSettings) this.#settings = undefined;
    const iterate = statement.iterate as (...values: unknown[]) => Iterable<unknown>;
    const bound = bindings(compiled, values);
    const rows: unknown[][] = [];
    let bytes = 0;
    this.#connection.distrust();
    if (this.#isExact) statement.setReadBigInts(true);
    try {
      // Known to have no rows: that is cheaper.
      if (compiled.columns?.length === 0) statement.run(...(bound as SQLInputValue[]));
      else
        for (const row of Reflect.apply(iterate, statement, bound) as Iterable<unknown[]>) {
          bytes += plain(row);
          if (bytes > MOST_RESULT_BYTES) throw new D1Failure(D1_TEXTS.memory);
          rows.push(row);
        }
      if (this.#isExact) statement.setReadBigInts(false);
      return rows;
    } catch (error) {
      // It may stand in the midst of its rows, and would tell of this failure again the next time.
      this.#kept.delete(sql);
      statement.close();
      this.#known = undefined;
      throw failureOf(error, sql, (text) => this.#connection.prepare(text, newEffects()));
    }
  }

  /** Grows with every change, and from one process to the next: time does. */
  #bookmarkText(): string {
    const part = (value: number): string => value.toString(16).padStart(8, '0');
    return `${part(Math.floor(this.#bookmark / 0x100000000))}-${part(this.#bookmark % 0x100000000)}-00000000-${'0'.repeat(32)}`;
  }
}

/** A result without the names of its fields: a batch has many. The runtime's d1.ts puts them back. */
function packed({ meta, results: { columns, rows } }: QueryResult): readonly unknown[] {
  return [meta.duration, meta.changes, meta.last_row_id, meta.changed_db ? 1 : 0, meta.size_after, meta.rows_read, meta.rows_written, columns, rows];
}

/** What D1 takes for no statement at all: blanks, and comments that blanks come before. */
function isSkipped(sql: string): boolean {
  if (sql.charCodeAt(0) > BLANK) return false;
  return sql.split('\n').every((line) => /^\s*(?:--.*)?$/.test(line));
}

function readQueries(request: string): Query[] | undefined {
  try {
    return parseQueries(request);
  } catch {
    return undefined;
  }
}

/** Makes cells what JSON can say of them: bytes an array of numbers. @returns about how many bytes the row takes */
function plain(row: unknown[]): number {
  let bytes = 8 * row.length;
  for (let at = 0; at < row.length; at++) {
    const cell = row[at];
    if (typeof cell === 'string') bytes += cell.length;
    else if (typeof cell === 'bigint') row[at] = Number(cell);
    else if (typeof cell === 'object' && cell !== null) {
      row[at] = Array.from(cell as Uint8Array);
      bytes += 3 * (cell as Uint8Array).length;
    }
  }
  return bytes;
}
