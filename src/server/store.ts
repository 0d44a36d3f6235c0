/** The store process: every database of the bindings, for all engines. It is told what to do over its channel and ends with it. */
import { PRODUCTS } from '../bindings/products.ts';
import type { FromStore, ToStore } from '../protocol/store.ts';
import { raiseWalls } from './walls/harden.ts';
import { loadLibc } from './walls/libc.ts';
import { StoreHost } from '../storage/store-host.ts';
import { StoreServer } from '../storage/store-server.ts';
import { ignoreSignals, tellSupervisor } from './channel.ts';

const tell: (message: FromStore) => void = tellSupervisor;

process.once('message', (message) => {
  const { root, socket, fsync } = (message as ToStore).config;
  const host = new StoreHost({
    root,
    fsync,
    products: PRODUCTS,
    onNotify: (address, topic, detail) => tell({ type: 'notify', ...address, topic, detail }),
    onTrouble: (text, fields) => tell({ type: 'trouble', message: text, fields }),
  });
  raiseWalls(loadLibc());
  const server = new StoreServer(host);
  server.listen(socket).then(
    () => tell({ type: 'ready' }),
    (error: unknown) => {
      process.stderr.write(`the store process cannot listen: ${String(error)}\n`);
      process.exit(1);
    },
  );
  // The supervisor is gone, or done: what was answered is on disk.
  process.on('disconnect', () => {
    server.close();
    host.close();
    process.exit(0);
  });
});
ignoreSignals();
