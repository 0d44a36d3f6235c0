/**
 * A connection to one database file: opened by D1's rules, which hold for every statement that is a tenant's and for
 * none of ours.
 * @see https://developers.cloudflare.com/d1/platform/limits/
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { authorize, type Effects, newEffects } from './authorizer.ts';

/** SQLite's limits as D1 sets them. */
export const LIMITS = {
  length: 2_200_000,
  sqlLength: 100_000,
  column: 100,
  exprDepth: 100,
  compoundSelect: 5,
  vdbeOp: 25_000,
  functionArg: 127,
  attach: 0,
  likePatternLength: 50,
  variableNumber: 100,
  triggerDepth: 10,
};

/** Of one database, whatever its app's quota. */
const MOST_DATABASE_BYTES = 10 * 1024 * 1024 * 1024;
/** How long a statement waits for another process that writes: `nano d1`. */
const BUSY_MS = 5000;
const CACHE_KB = 1024;
/** What a large transaction leaves of its write-ahead log. */
const JOURNAL_BYTES = 8 * 1024 * 1024;

export type OpenOptions = { fsync: 'full' | 'normal'; mostBytes?: number };
/** What the connection has changed since it was opened, and of that with its last statement, and the last row it has put in. */
export type Counts = { changes: number; last: number; row: number };

export class Connection {
  readonly #db: DatabaseSync;
  /** Statements of ours. */
  readonly #own = new Map<string, StatementSync>();
  readonly #pageSize: number;
  #mostBytes = 0;
  /** What the statement that is being compiled does; undefined while none is. */
  #compiling: Effects | undefined;
  #isTrusted = true;

  /** @throws what SQLite says of a file that cannot be opened */
  constructor(file: string, { fsync, mostBytes = MOST_DATABASE_BYTES }: OpenOptions) {
    mkdirSync(dirname(file), { recursive: true });
    this.#db = new DatabaseSync(file, {
      timeout: BUSY_MS,
      enableDoubleQuotedStringLiterals: true,
      enableForeignKeyConstraints: true,
      allowExtension: false,
      defensive: true,
      limits: LIMITS,
    });
    try {
      // Before anything else is written: pages that are free can then be given back to the disk. Later it would be a write.
      if (this.#number('PRAGMA page_count', 'page_count') === 0) this.#db.exec('PRAGMA auto_vacuum = INCREMENTAL');
      this.#db.exec(
        `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${fsync === 'full' ? 'FULL' : 'NORMAL'}; PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -${CACHE_KB}; PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = ${JOURNAL_BYTES};`,
      );
      this.#pageSize = this.#number('PRAGMA page_size', 'page_size');
      this.allow(mostBytes);
      // Where the file is damaged at its beginning, this tells.
      this.schemaVersion();
    } catch (error) {
      this.#db.close();
      throw error;
    }
    this.#db.setAuthorizer((action, first, second, database) => {
      if (this.#isTrusted) return 0;
      const effects = this.#compiling;
      return authorize(effects ?? newEffects(), action, first, second, database, effects === undefined);
    });
  }

  get isTransaction(): boolean {
    return this.#db.isTransaction;
  }

  /** Runs a statement of ours. */
  exec(sql: string): void {
    this.#trusted(sql).run();
  }

  /** Compiles a tenant's statement, and notes in `effects` what it does. @throws what SQLite says, or D1Failure */
  prepare(sql: string, effects: Effects): StatementSync {
    this.#isTrusted = false;
    this.#compiling = effects;
    try {
      return this.#db.prepare(sql);
    } finally {
      this.#compiling = undefined;
    }
  }

  /** From here on the rules hold for what a running statement compiles on its way, as full-text search does. */
  distrust(): void {
    this.#isTrusted = false;
  }

  /** Gives the connection itself, beyond the rules. */
  trusted<T>(work: (db: DatabaseSync) => T): T {
    this.#isTrusted = true;
    return work(this.#db);
  }

  /** Grows with every change of the schema, whoever makes it. */
  schemaVersion(): number {
    return this.#number('PRAGMA schema_version', 'schema_version');
  }

  counts(): Counts {
    const sql = `SELECT CAST(total_changes() AS REAL) AS changes, CAST(changes() AS REAL) AS last, CAST(last_insert_rowid() AS REAL) AS row`;
    return this.#trusted(sql).get() as Counts;
  }

  /** Sets how large the database may become, in bytes. One that is larger already keeps its size, and may use its free pages. */
  allow(mostBytes: number): void {
    const most = Math.min(mostBytes, MOST_DATABASE_BYTES);
    if (most === this.#mostBytes) return;
    this.#mostBytes = most;
    this.#isTrusted = true;
    this.#db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(most / this.#pageSize))}`);
  }

  /** Gives free pages back to the disk, once they are many. @param most pages */
  shrink(most: number, kept: number): void {
    if (this.#number('PRAGMA freelist_count', 'freelist_count') <= kept) return;
    this.#isTrusted = true;
    this.#db.exec(`PRAGMA incremental_vacuum(${most})`);
    // The bound may have been the size that it had.
    this.#mostBytes = 0;
  }

  /** Changes whenever somebody else has written to the database. */
  dataVersion(): number {
    return this.#number('PRAGMA data_version', 'data_version');
  }

  /** In bytes. */
  size(): number {
    return this.#number('PRAGMA page_count', 'page_count') * this.#pageSize;
  }

  close(): void {
    this.#db.close();
  }

  #number(sql: string, column: string): number {
    return Number(this.#trusted(sql).get()?.[column]);
  }

  #trusted(sql: string): StatementSync {
    this.#isTrusted = true;
    let statement = this.#own.get(sql);
    if (statement === undefined) {
      this.#own.set(sql, (statement = this.#db.prepare(sql)));
      // `run` tells of the last row, whose number may be none of JavaScript's.
      statement.setReadBigInts(true);
    }
    return statement;
  }
}
