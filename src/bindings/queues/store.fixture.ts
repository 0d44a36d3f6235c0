/** A store of queues for tests, as a consumer sees it. */
import { rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { folder } from '../../../test/support/folder.ts';
import type { StoreAddress } from '../../ports/stores.ts';
import { Accounts } from '../../storage/accounts.ts';
import { Database } from '../../storage/database.ts';
import { placeOf } from '../../storage/paths.ts';
import { StoreHost } from '../../storage/store-host.ts';
import { type Batch, type Demand, type LeasedMessage, type NewMessage, QUEUES_ID, type QueueMetrics } from './messages.ts';
import { idOf, pack, unpack } from './parcels.ts';
import { queuesProduct } from './store.ts';

export const demand: Demand = { queue: 'q', batchSize: 3, batchTimeoutMs: 1000, maxConcurrency: 1, owner: 'boot/1', maxRetries: 1, leaseMs: 60_000, waitMs: 0 };

const QUEUES: StoreAddress = { product: 'queues', group: 'default', id: QUEUES_ID };

type Opened = Batch & { messages: LeasedMessage[] };

export const text = (body: string): { type: 'text'; body: string; size: number } => ({ type: 'text', body, size: Buffer.byteLength(body) });

/** A batch with all its messages one by one. */
function opened(batch: Batch): Opened {
  const messages = batch.parts.flatMap((part): LeasedMessage[] =>
    'parcel' in part
      ? unpack(part.parcel).map(({ type, body }, index) => ({ seq: part.seq - index, id: idOf(part.id, index), sent: part.sent, attempts: 1, type, body }))
      : [part],
  );
  return { ...batch, messages };
}

/** A store of queues with a clock of its own, in a folder that goes with the test. */
export class Bench {
  now = 1_000_000;
  readonly notices: unknown[] = [];
  #host: StoreHost;
  readonly #root: string;
  readonly accounts = new Accounts();

  constructor(t: TestContext) {
    this.#root = folder({});
    this.#host = this.#open();
    t.after(async () => {
      this.#host.close();
      await rm(this.#root, { recursive: true, force: true });
    });
  }

  #open(): StoreHost {
    return new StoreHost({
      root: this.#root,
      fsync: 'normal',
      products: [queuesProduct],
      now: () => this.now,
      accounts: this.accounts,
      onNotify: (_address, topic, detail) => this.notices.push([topic, detail]),
    });
  }

  /** As after the end of the store process. */
  reopen(): void {
    this.#host.close();
    this.#host = this.#open();
  }

  tick(): void {
    this.#host.tick();
  }

  rows(sql: string): unknown[] {
    const db = new DatabaseSync(this.#file);
    const rows = db.prepare(sql).all();
    db.close();
    return rows.map((row) => ({ ...row }));
  }

  /** Changes the database while no store is open. */
  alter(sql: string): void {
    this.#host.close();
    const db = new Database(this.#file, { fsync: 'normal', migrations: queuesProduct.migrations });
    db.exec(sql);
    db.close();
    this.#host = this.#open();
  }

  get #file(): string {
    return placeOf(this.#root, QUEUES).file;
  }

  call<T>(method: string, ...args: unknown[]): Promise<T> {
    return this.#host.call(QUEUES, method, args) as Promise<T>;
  }

  send(...bodies: string[]): Promise<QueueMetrics> {
    return this.call('send', 'q', [pack(bodies.map(text))], []);
  }

  later(delayMs: number, ...bodies: string[]): Promise<QueueMetrics> {
    return this.call(
      'send',
      'q',
      [],
      bodies.map((body): NewMessage => ({ ...text(body), delayMs })),
    );
  }

  /** Bodies of the next batch, each with its attempts. */
  async next(changes: Partial<Demand> = {}, settlement: unknown = null): Promise<{ batch: Opened; shown: string[] }> {
    const batch = opened(await this.call<Batch>('next', { ...demand, ...changes }, settlement));
    return { batch, shown: batch.messages.map(({ body, attempts }) => `${String(body)} ${attempts}`) };
  }

  /** Notices come after the commit, in a later turn. */
  async noticed(): Promise<unknown[]> {
    await this.call('metrics', 'q');
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    return this.notices.splice(0);
  }
}
