/** The store process: every database of the bindings, for all engines. It is told what to do over its channel and ends with it. */
import { watchDescriptors } from '../base/descriptors.ts';
import { PRODUCTS } from '../bindings/products.ts';
import type { StoreAddress } from '../ports/stores.ts';
import type { Configure, FromStore } from '../protocol/store.ts';
import { Accounts } from '../storage/accounts.ts';
import { raiseWalls } from './walls/harden.ts';
import { loadLibc } from './walls/libc.ts';
import { Gate } from '../storage/gate.ts';
import { StoreHost } from '../storage/store-host.ts';
import { StoreServer } from '../storage/store-server.ts';
import { QUEUES_ID } from '../bindings/queues/messages.ts';
import { followAccounts } from './follow-accounts.ts';
import { followGrants } from './follow-grants.ts';
import { beat, ignoreSignals, tellSupervisor } from './channel.ts';

const tell: (message: FromStore) => void = tellSupervisor;

process.once('message', (message) => {
  const { root, socket, fsync, key, grants } = (message as Configure).config;
  const onTrouble = (text: string, fields: Record<string, unknown>): void => tell({ type: 'trouble', message: text, fields });
  const accounts = new Accounts();
  const host = new StoreHost({
    root,
    fsync,
    accounts,
    products: PRODUCTS,
    onNotify: (address, topic, detail) => tell({ type: 'notify', ...address, topic, detail }),
    onTrouble,
  });
  const gate = new Gate({ key, grants, onTrouble });
  followAccounts(accounts, tell, (unknown) => void host.measure(databasesOf(unknown)));
  raiseWalls(loadLibc());
  watchDescriptors((text) => onTrouble(text, { process: 'store' }));
  const server = new StoreServer(host, gate);
  server.listen(socket).then(
    () => tell({ type: 'ready' }),
    (error: unknown) => {
      process.stderr.write(`the store process cannot listen: ${String(error)}\n`);
      process.exit(1);
    },
  );
  followGrants(gate, tell);
  beat();
  // The supervisor is gone, or done: what was answered is on disk.
  process.on('disconnect', () => {
    server.close();
    host.close();
    process.exit(0);
  });
});
ignoreSignals();

/** The databases that stores lie in: queues of a group share one. */
function databasesOf(stores: readonly StoreAddress[]): StoreAddress[] {
  const groups = new Set(stores.filter(({ product }) => product === 'queues').map(({ group }) => group));
  return [...stores.filter(({ product }) => product !== 'queues'), ...[...groups].map((group) => ({ product: 'queues', group, id: QUEUES_ID }))];
}
