/**
 * Stored data of a running server, for its admin port: the same operations, through the store process that apps use,
 * and for D1 in processes that can be ended.
 */
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { type DataBody, DataError, type ServedAnswer } from '../../ports/stored-data.ts';
import type { BindingType } from '../../protocol/bindings.ts';
import type { AppRecord } from '../../protocol/engine.ts';
import type { Stores } from '../../ports/stores.ts';
import { placeOf, sqlDir, storageDir } from '../../storage/paths.ts';
import type { StorePort } from '../../storage/connector.ts';
import { StoreClient } from '../../storage/store-client.ts';
import { runInChild } from './child.ts';
import { findOperation } from './operations.ts';

export type ServedDataOptions = {
  dataDir: string;
  /** The supervisor's own way to the stores. */
  port: StorePort;
  fsync: 'full' | 'normal';
  /** Sees to it that the store process runs. */
  wakeStores(): void;
  apps(): readonly AppRecord[];
  onTrouble(message: string, fields: Record<string, unknown>): void;
  /** What runs in the processes of operations on D1; data-child.ts where nothing is said. */
  childFile?: string;
};

export type AppBindings = { group: string; bindings: { name: string; type: BindingType; id: string }[] };

const MOST_CHILDREN = 4;
/** The option of a binding that names what it is bound to. */
const ID_OPTIONS: Partial<Record<BindingType, string>> = { kv: 'id', d1: 'id', queue: 'queue', r2: 'name' };

export class ServedData {
  readonly #options: ServedDataOptions;
  readonly #client: StoreClient;
  readonly #stores: Stores;
  #children = 0;

  constructor(options: ServedDataOptions) {
    this.#options = options;
    this.#client = new StoreClient(options.port);
    this.#stores = {
      call: (address, method, args) => {
        options.wakeStores();
        return this.#client.call(address, method, args);
      },
    };
  }

  /** @param signal whoever asked is gone @throws DataError */
  async perform(name: string, group: string, args: unknown, body: DataBody, signal: AbortSignal): Promise<ServedAnswer> {
    if (name === 'apps/bindings') return { value: this.#bindingsOf(args) };
    const { needs, run } = findOperation(name, args);
    const { dataDir, fsync, onTrouble, childFile: file } = this.#options;
    if (needs !== undefined) this.#require(needs.product, group, needs.id);
    if (name.startsWith('d1/')) {
      const onOdd = (): void => onTrouble('the process of an operation on a D1 database said what is no answer, and was ended', { operation: name, group });
      return this.#inChild(() => runInChild({ name, args, dataDir, group, fsync }, body, signal, { onOdd, file }));
    }
    return run({ dataDir, group, stores: this.#stores, fsync, isBound: (type, id) => this.#isBound(group, type, id) }, body);
  }

  close(): void {
    this.#client.close();
  }

  async #inChild(work: () => Promise<ServedAnswer>): Promise<ServedAnswer> {
    if (this.#children >= MOST_CHILDREN) throw new DataError('failed', 'too many operations on D1 databases at a time: try again');
    this.#children++;
    let bytes: Readable | undefined;
    try {
      const answer = await work();
      bytes = 'stream' in answer ? answer.stream : 'json' in answer ? answer.json : undefined;
      return answer;
    } finally {
      const isOver = (): void => void this.#children--;
      if (bytes === undefined) isOver();
      else bytes.once('close', isOver);
    }
  }

  #require(product: 'kv' | 'd1', group: string, id: string): void {
    const root = product === 'd1' ? sqlDir(this.#options.dataDir) : storageDir(this.#options.dataDir);
    if (existsSync(placeOf(root, { product, group, id }).file) || this.#isBound(group, product, id)) return;
    const what = product === 'kv' ? 'KV namespace' : 'database';
    throw new DataError('missing', `the server has no ${what} ${JSON.stringify(id)} in the trust group "${group}"`);
  }

  #isBound(group: string, type: BindingType, id: string): boolean {
    return this.#options.apps().some((app) => app.group === group && idsOf(app).some((one) => one.type === type && one.id === id));
  }

  #bindingsOf(args: unknown): AppBindings {
    const name = (args as { app?: unknown } | null)?.app;
    const app = this.#options.apps().find((one) => one.name === name);
    if (app === undefined) throw new DataError('missing', `the server has no app ${JSON.stringify(name)}`);
    return { group: app.group, bindings: idsOf(app) };
  }
}

function idsOf({ bindings, consumers = [] }: AppRecord): AppBindings['bindings'] {
  const ids = bindings.flatMap(({ name, type, options }) => {
    const option = ID_OPTIONS[type];
    const names = [option, type === 'd1' ? 'databaseName' : undefined].filter((one) => one !== undefined);
    return names.filter((one) => options[one] !== undefined).map((one) => ({ name, type, id: String(options[one]) }));
  });
  return [...ids, ...consumers.map(({ queue }) => ({ name: '', type: 'queue' as const, id: queue }))];
}
