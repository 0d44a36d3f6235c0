/**
 * The databases that one SQL process has open: a pool's worker runs its rounds here.
 *
 * Contract: a damaged database is set aside under another name, reported, and takes nothing else with it.
 */
import { accessSync, constants, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { NO_DESCRIPTOR } from '../../base/descriptors.ts';
import { isOutOfFiles } from '../../storage/database.ts';
import { placeOf } from '../../storage/paths.ts';
import type { RoundResult, RoundRunner, Trouble, WorkerRound } from '../../storage/pool/worker.ts';
import { D1Database } from './database.ts';
import { codeOf, D1_TEXTS, isDamage } from './errors.ts';
import { failureText } from './failure-text.ts';

export type RunnerOptions = { /** The folder of all D1 databases. */ root: string; fsync: 'full' | 'normal'; onTrouble: Trouble };

const NO_ROOM = failureText(D1_TEXTS.size);
/** More databases than this are not kept open: each has its cache of pages. */
const MOST_OPEN = 32;

/** @param root the folder of all D1 databases */
export function databaseFile(root: string, group: string, id: string): string {
  return placeOf(root, { product: 'd1', group, id }).file;
}

export class D1Runner implements RoundRunner {
  readonly #options: RunnerOptions;
  /** The one used last is the last. */
  readonly #open = new Map<string, D1Database>();
  /** Those of them that can only be read: SQLite opens what it must not write, and never asks again. */
  readonly #readOnly = new Set<string>();

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  run({ key, payloads, most, handover }: WorkerRound, committing: () => void): RoundResult {
    const [group, id] = JSON.parse(key) as [string, string];
    try {
      const database = this.#opened(key, group, id);
      if (handover !== undefined) database.takeOver(handover);
      database.allow(most);
      const answers = database.run(payloads, committing);
      shrink(database);
      return { answers, size: database.size, refused: answers.filter((answer) => answer === NO_ROOM).length, handover: database.handover };
    } catch (error) {
      const answer = failureText(this.#failed(key, group, id, error));
      return { answers: payloads.map(() => answer), size: undefined, refused: 0, handover: '' };
    }
  }

  close(): void {
    for (const key of [...this.#open.keys()]) this.#close(key);
  }

  #opened(key: string, group: string, id: string): D1Database {
    if (this.#readOnly.has(key) && isWritable(databaseFile(this.#options.root, group, id))) this.#close(key);
    const known = this.#open.get(key);
    if (known !== undefined) {
      if (this.#open.size > 1) {
        this.#open.delete(key);
        this.#open.set(key, known);
      }
      return known;
    }
    if (this.#open.size >= MOST_OPEN) this.#closeOldest();
    const file = databaseFile(this.#options.root, group, id);
    const database = this.#openFile(file);
    this.#open.set(key, database);
    if (!isWritable(file)) this.#readOnly.add(key);
    return database;
  }

  /** Others make room for it where there is no descriptor left. */
  #openFile(file: string): D1Database {
    const options = { fsync: this.#options.fsync };
    try {
      return new D1Database(file, options);
    } catch (error) {
      if (!isOutOfFiles(error) || this.#open.size === 0) throw error;
      this.#closeOldest();
      if (isOutOfFiles(error)) this.#closeOldest();
      return new D1Database(file, options);
    }
  }

  #closeOldest(): void {
    const [oldest] = this.#open.keys();
    if (oldest !== undefined) this.#close(oldest);
  }

  #close(key: string): void {
    const database = this.#open.get(key);
    this.#open.delete(key);
    this.#readOnly.delete(key);
    try {
      database?.close();
    } catch {
      // It is being left anyway.
    }
  }

  /** What the tenant hears; the operator hears all. */
  #failed(key: string, group: string, id: string, error: unknown): string {
    this.#close(key);
    const said = error instanceof Error ? error.message : String(error);
    const text = isOutOfFiles(error) ? `${said}: ${NO_DESCRIPTOR}` : said;
    this.#options.onTrouble('a D1 database failed', { group, database: id, error: text });
    if (!isDamage(error)) return (codeOf(error) & 0xff) === 13 ? D1_TEXTS.size : D1_TEXTS.lost;
    const file = databaseFile(this.#options.root, group, id);
    const aside = `${file}.damaged-${Date.now()}`;
    for (const ending of ['', '-wal', '-shm']) {
      try {
        renameSync(file + ending, aside + ending);
      } catch {
        // Not every database has all three.
      }
    }
    this.#options.onTrouble('a damaged D1 database was set aside; a new one takes its place', { group, database: id, file: aside });
    return D1_TEXTS.damaged;
  }
}

function isWritable(file: string): boolean {
  try {
    for (const path of [file, dirname(file)]) accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** What has been answered holds, whatever becomes of this. */
function shrink(database: D1Database): void {
  try {
    database.shrink();
  } catch {
    // A disk that cannot be written, for one: the pages stay free.
  }
}
