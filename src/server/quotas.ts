/**
 * The disk quotas of all apps, as the supervisor has them: who pays for which store, and what all of it comes to.
 *
 * Contract: the processes that have the stores keep the quotas, each for its own stores. What they have of one account is
 * told them from here, a moment late: between D1 and the other products an app may go over its quota by what it can
 * write in that moment.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { databaseFile } from '../bindings/d1/runner.ts';
import type { Log } from '../observe/log.ts';
import type { PlatformMetrics } from '../observe/platform-metrics.ts';
import type { AppRecord } from '../protocol/engine.ts';
import type { AppStorage, StoreAccount, ToStore } from '../protocol/store.ts';
import { Database } from '../storage/database.ts';
import { sqlDir } from '../storage/paths.ts';
import type { Clock } from './clock.ts';
import { Payers } from './payers.ts';

const MB = 1024 * 1024;
/** Refused writes of an app are told of in one line for so long. */
const LOG_MS = 10_000;

/** What an app has stored, in bytes by product, and how much that may be; null: there is no limit. */
export type StorageUse = { bytes: Record<string, number>; limit: number | null };
type Program = 'store' | 'sql';

export type QuotasOptions = {
  dataDir: string;
  clock: Clock;
  log: Log;
  metrics: PlatformMetrics;
  /** Tells a process something, if it runs. */
  send(program: Program, message: ToStore): void;
};

const other: Readonly<Record<Program, Program>> = { store: 'sql', sql: 'store' };

export class Quotas {
  readonly #options: QuotasOptions;
  readonly #payers: Payers;
  readonly #limits = new Map<string, number>();
  /** Apps that processes were told of. One that was taken over may make up others, and must not fill the memory with them. */
  readonly #known = new Set<string>();
  /** What each process has last told of each app. */
  readonly #told: Readonly<Record<Program, Map<string, Record<string, number>>>> = { store: new Map(), sql: new Map() };
  /** What databases of D1 held when they were looked at, by file. */
  readonly #found = new Map<string, number>();
  /** Refused writes that no line tells of yet, by app and product; and when the last line did. */
  readonly #refused = new Map<string, { count: number; at: number }>();

  constructor(options: QuotasOptions) {
    this.#options = options;
    this.#payers = new Payers(join(options.dataDir, 'payers.json'), (error) =>
      options.log.warn('it could not be written down which app pays for what is stored', { error }),
    );
  }

  /** Takes in a new table of apps. */
  setApps(apps: readonly AppRecord[]): void {
    this.#payers.setApps(apps);
    this.#limits.clear();
    for (const { name, limits } of apps) this.#limits.set(name, (limits.storageMb ?? Number.POSITIVE_INFINITY) * MB);
    for (const program of ['store', 'sql'] as const) this.#options.send(program, this.#accounts(program));
  }

  /** What a process has to know to begin with. */
  greeting(program: Program): ToStore {
    if (program === 'sql') this.#found.clear();
    return this.#accounts(program);
  }

  #accounts(program: Program): ToStore {
    const accounts: StoreAccount[] = [];
    for (const [app, stores] of this.#payers.byApp()) {
      const databases = stores.filter(({ product }) => product === 'd1').map((store) => ({ ...store, bytes: this.#databaseBytes(store) }));
      // Nobody has told of them yet.
      if (!this.#told.sql.has(app)) this.#told.sql.set(app, databases.length === 0 ? {} : { d1: databases.reduce((sum, { bytes }) => sum + bytes, 0) });
      const own = program === 'sql' ? databases : stores.filter(({ product }) => product !== 'd1');
      const elsewhere = total(this.#told[other[program]].get(app));
      const limit = this.#limits.get(app) ?? Number.POSITIVE_INFINITY;
      accounts.push({ app, ...(limit === Number.POSITIVE_INFINITY ? {} : { limit }), elsewhere, stores: own });
      this.#known.add(app);
    }
    return { type: 'accounts', accounts };
  }

  /** A process says what accounts have come to. */
  told(program: Program, told: readonly AppStorage[]): void {
    const apps = told.filter(({ app }) => this.#known.has(app));
    for (const { app, bytes, refused } of apps) {
      this.#told[program].set(app, bytes);
      for (const [product, count] of Object.entries(refused)) this.#refuse(app, product, count);
    }
    this.#options.send(other[program], { type: 'elsewhere', bytes: apps.map(({ app, bytes }) => [app, total(bytes)]) });
  }

  of(app: string): StorageUse {
    const limit = this.#limits.get(app);
    const bytes = { ...this.#told.store.get(app), ...this.#told.sql.get(app) };
    return { bytes, limit: limit === undefined || limit === Number.POSITIVE_INFINITY ? null : limit };
  }

  /** By app; those that are gone and have left something, too. */
  all(): Record<string, StorageUse> {
    const names = new Set([...this.#told.store.keys(), ...this.#told.sql.keys(), ...this.#limits.keys()]);
    return Object.fromEntries([...names].map((app) => [app, this.of(app)]));
  }

  #refuse(app: string, product: string, count: number): void {
    const { log, metrics, clock } = this.#options;
    metrics.limitHit(app, 'storage', count);
    const key = `${product}\n${app}`;
    const now = clock.now();
    const refused = this.#refused.get(key) ?? { count: 0, at: Number.NEGATIVE_INFINITY };
    refused.count += count;
    this.#refused.set(key, refused);
    if (now - refused.at < LOG_MS) return;
    const { bytes, limit } = this.of(app);
    log.warn('writes were refused: the app has used up its disk quota', {
      event: 'limit',
      limit: 'storage',
      app,
      product,
      writes: refused.count,
      bytes: total(bytes),
      most: limit,
    });
    this.#refused.set(key, { count: 0, at: now });
  }

  /** As it was found before anybody had it open: those who have tell of what it comes to. */
  #databaseBytes({ group, id }: { group: string; id: string }): number {
    const file = databaseFile(sqlDir(this.#options.dataDir), group, id);
    let bytes = this.#found.get(file);
    if (bytes === undefined) this.#found.set(file, (bytes = sizeOfDatabase(file)));
    return bytes;
  }
}

/** Pages that a process left in the write-ahead log when it was killed are in no file's size: SQLite knows. */
function sizeOfDatabase(file: string): number {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (!existsSync(`${file}-wal`)) return size;
  try {
    const database = new Database(file, { fsync: 'normal', migrations: [], readOnly: true, busyMs: 0 });
    try {
      return database.size();
    } finally {
      database.close();
    }
  } catch {
    return size;
  }
}

function total(bytes: Readonly<Record<string, number>> = {}): number {
  return Object.values(bytes).reduce((sum, one) => sum + one, 0);
}
