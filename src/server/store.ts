/** The store process: every database of the bindings, for all engines. It is told what to do over its channel and ends with it. */
import { watchDescriptors } from '../base/descriptors.ts';
import { PRODUCTS } from '../bindings/products.ts';
import { QUEUES_ID } from '../bindings/queues/messages.ts';
import type { StoreAddress } from '../ports/stores.ts';
import { Accounts } from '../storage/accounts.ts';
import { Gate } from '../storage/gate.ts';
import { StoreHost } from '../storage/store-host.ts';
import { StoreServer } from '../storage/store-server.ts';
import { keepStores } from './keep-stores.ts';
import { raiseWalls } from './walls/harden.ts';
import { loadLibc } from './walls/libc.ts';

keepStores(({ root, socket, fsync, key, grants }, { tell, onTrouble }) => {
  const accounts = new Accounts();
  const host = new StoreHost({
    root,
    fsync,
    accounts,
    products: PRODUCTS,
    onNotify: ({ product, group, id }, topic, detail) => tell({ type: 'notify', product, group, id, topic, detail }),
    onTrouble,
  });
  const gate = new Gate({ key, grants, onTrouble });
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
  const close = (): void => {
    server.close();
    host.close();
  };
  return { accounts, gate, measure: (unknown) => void host.measure(databasesOf(unknown)), close };
});

/** The databases that stores lie in: queues of a group share one. */
function databasesOf(stores: readonly StoreAddress[]): StoreAddress[] {
  const groups = new Set(stores.filter(({ product }) => product === 'queues').map(({ group }) => group));
  return [...stores.filter(({ product }) => product !== 'queues'), ...[...groups].map((group) => ({ product: 'queues', group, id: QUEUES_ID }))];
}
