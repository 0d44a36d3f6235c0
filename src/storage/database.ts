/**
 * One SQLite database: opened with the platform's settings, brought to the newest schema, statements kept.
 *
 * Contract: what a commit has answered survives a crash of this process, and with `fsync: "full"` one of the
 * machine, too. A database that SQLite calls damaged is told apart from every other failure.
 * @see https://www.sqlite.org/pragma.html#pragma_synchronous
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { hasDescriptors } from '../base/descriptors.ts';

/** "full" waits for the disk at every commit; "normal" may lose the last commits when the machine (not the process) crashes. */
export type FsyncPolicy = 'full' | 'normal';

export type DatabaseOptions = {
  fsync: FsyncPolicy;
  /** SQL scripts, each applied once, in order. They are only ever added to. */
  migrations: readonly string[];
  readOnly?: boolean;
  /** How long a statement waits for another process that writes, in milliseconds. */
  busyMs?: number;
};

/** A database, its log, the log's index, and the journal that it begins with. */
const FILES = 4;
const BUSY_MS = 5000;
const KEPT_STATEMENTS = 100;
/** What a large commit leaves of its write-ahead log. */
const JOURNAL_BYTES = 8 * 1024 * 1024;

/** SQLite says that the file is damaged or no database. */
export function isDamage(error: unknown): boolean {
  const code = resultCode(error);
  return code === 11 || code === 26;
}

/** The disk or the quota is full. */
export function isFull(error: unknown): boolean {
  return resultCode(error) === 13;
}

/** The file could not be opened for writing, or the disk has become read-only; whoever opens it again may be luckier. */
export function isReadOnly(error: unknown): boolean {
  return resultCode(error) === 8;
}

/** Another process has kept its lock for as long as could be waited. */
export function isLocked(error: unknown): boolean {
  return resultCode(error) === 5;
}

/** The file, or one beside it, could not be opened for want of a descriptor: nothing is wrong with it. */
export function isOutOfFiles(error: unknown): boolean {
  const code = resultCode(error);
  return (code === 14 || code === 10) && !hasDescriptors(FILES);
}

/** SQLite's primary result code; 0 for anything else. @see https://www.sqlite.org/rescode.html */
function resultCode(error: unknown): number {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : 0;
}

export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** Those that answer with arrays. */
  readonly #valueStatements = new Map<string, StatementSync>();
  #pageBytes: number | undefined;
  #busyMs: number;

  /** @throws what SQLite says of a file that cannot be opened */
  constructor(file: string, options: DatabaseOptions) {
    if (file !== ':memory:' && options.readOnly !== true) mkdirSync(dirname(file), { recursive: true });
    this.#busyMs = options.busyMs ?? BUSY_MS;
    this.#db = new DatabaseSync(file, { timeout: this.#busyMs, readOnly: options.readOnly ?? false });
    try {
      if (options.readOnly === true) return;
      // Before anything else is written: pages that are free can then be given back to the disk. Later it would be a write.
      if (this.#db.prepare('PRAGMA page_count').get()?.['page_count'] === 0) this.#db.exec('PRAGMA auto_vacuum = INCREMENTAL');
      this.#db.exec(
        `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${options.fsync === 'full' ? 'FULL' : 'NORMAL'}; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = ${JOURNAL_BYTES};`,
      );
      this.#migrate(options.migrations);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** A prepared statement, kept for the next time. The text is ours, never a tenant's. */
  prepare(sql: string): StatementSync {
    return this.#kept(this.#statements, sql, false);
  }

  #kept(statements: Map<string, StatementSync>, sql: string, asArrays: boolean): StatementSync {
    const kept = statements.get(sql);
    if (kept !== undefined) return kept;
    const statement = this.#db.prepare(sql);
    statement.setReturnArrays(asArrays);
    if (statements.size >= KEPT_STATEMENTS) statements.clear();
    statements.set(sql, statement);
    return statement;
  }

  get(sql: string, ...values: SQLInputValue[]): Record<string, unknown> | undefined {
    return this.prepare(sql).get(...values);
  }

  /** The values of a row, in the order of its columns: for what is read often, cheaper than by their names. */
  values(sql: string, ...values: SQLInputValue[]): SQLOutputValue[] | undefined {
    return this.#kept(this.#valueStatements, sql, true).get(...values) as SQLOutputValue[] | undefined;
  }

  all(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
    return this.prepare(sql).all(...values);
  }

  /** Rows one by one: for a walk that may end early, and changes nothing on its way. */
  each(sql: string, ...values: SQLInputValue[]): IterableIterator<Record<string, unknown>> {
    return this.prepare(sql).iterate(...values);
  }

  /** @returns the number of rows changed */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.prepare(sql).run(...values).changes);
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  /** Bytes of the database, pages that are free included; within a transaction as they will be. */
  size(): number {
    this.#pageBytes ??= Number(this.get('PRAGMA page_size')?.['page_size']);
    return Number(this.get('PRAGMA page_count')?.['page_count']) * this.#pageBytes;
  }

  /** Gives free pages up; see `cut` for when the disk has them back. @param most pages @returns free pages that are left */
  shrink(most: number): number {
    if (most > 0) this.#db.exec(`PRAGMA incremental_vacuum(${most})`);
    return Number(this.get('PRAGMA freelist_count')?.['freelist_count']);
  }

  /**
   * Has the file become as short as the database is, which it does not before all that is in the log has been written to it.
   * @returns false where somebody who reads holds that up
   */
  cut(): boolean {
    const done = this.get('PRAGMA wal_checkpoint(PASSIVE)');
    return done?.['log'] === done?.['checkpointed'];
  }

  /** From now on statements wait so long, in milliseconds, for another process that writes. */
  setBusyMs(busyMs: number): void {
    if (busyMs === this.#busyMs) return;
    this.#busyMs = busyMs;
    this.#db.exec(`PRAGMA busy_timeout = ${busyMs}`);
  }

  /** Runs `work` as a whole or not at all; inside another transaction as a part of it. */
  transaction<T>(work: () => T): T {
    const isInner = this.#db.isTransaction;
    this.#db.exec(isInner ? 'SAVEPOINT inner_work' : 'BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec(isInner ? 'RELEASE inner_work' : 'COMMIT');
      return result;
    } catch (error) {
      // SQLite may have rolled back by itself: when the disk is full, for one.
      if (this.#db.isTransaction) this.#db.exec(isInner ? 'ROLLBACK TO inner_work; RELEASE inner_work' : 'ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#valueStatements.clear();
    this.#db.close();
  }

  #migrate(migrations: readonly string[]): void {
    const version = (): number => Number(this.#db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    const known = version();
    if (known > migrations.length) throw new Error(`its schema is version ${known}, which is newer than this version of NANO knows (${migrations.length})`);
    if (known === migrations.length) return;
    this.transaction(() => {
      // Another process may have been faster.
      for (let at = version(); at < migrations.length; at++) this.#db.exec(migrations[at] as string);
      this.#db.exec(`PRAGMA user_version = ${migrations.length}`);
    });
  }
}
