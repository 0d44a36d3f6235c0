/** The store process: every database of the bindings, for all engines. It is told what to do over its channel and ends with it. */
import { PRODUCTS } from '../bindings/products.ts';
import type { FromStore, ToStore } from '../protocol/store.ts';
import { raiseWalls } from './walls/harden.ts';
import { loadLibc } from './walls/libc.ts';
import { Gate } from '../storage/gate.ts';
import { StoreHost } from '../storage/store-host.ts';
import { StoreServer } from '../storage/store-server.ts';
import { ignoreSignals, tellSupervisor } from './channel.ts';

const tell: (message: FromStore) => void = tellSupervisor;

process.once('message', (message) => {
  const { root, socket, fsync, key, grants } = (message as Extract<ToStore, { type: 'configure' }>).config;
  const onTrouble = (text: string, fields: Record<string, unknown>): void => tell({ type: 'trouble', message: text, fields });
  const host = new StoreHost({
    root,
    fsync,
    products: PRODUCTS,
    onNotify: (address, topic, detail) => tell({ type: 'notify', ...address, topic, detail }),
    onTrouble,
  });
  const gate = new Gate({ key, grants, onTrouble });
  raiseWalls(loadLibc());
  const server = new StoreServer(host, gate);
  server.listen(socket).then(
    () => tell({ type: 'ready' }),
    (error: unknown) => {
      process.stderr.write(`the store process cannot listen: ${String(error)}\n`);
      process.exit(1);
    },
  );
  process.on('message', (next) => {
    const news = next as ToStore;
    if (news.type !== 'grants') return;
    gate.setGrants(news.grants);
    tell({ type: 'granted', call: news.call });
  });
  // The supervisor is gone, or done: what was answered is on disk.
  process.on('disconnect', () => {
    server.close();
    host.close();
    process.exit(0);
  });
});
ignoreSignals();
