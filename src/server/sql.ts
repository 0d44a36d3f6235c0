/**
 * The router of SQL processes: takes engines' calls and gives each database to one process at a time.
 *
 * It sees text only as bytes. It is told what to do over its channel and ends with it; its workers end with it.
 */
import { createServer } from 'node:net';
import { watchDescriptors } from '../base/descriptors.ts';
import { D1_TEXTS } from '../bindings/d1/errors.ts';
import { failureText } from '../bindings/d1/failure-text.ts';
import { Accounts } from '../storage/accounts.ts';
import { Gate } from '../storage/gate.ts';
import { Lines } from '../storage/lines.ts';
import { MOST_CALL_BYTES, PoolServer } from '../storage/pool/server.ts';
import { openRooms } from './d1-rooms.ts';
import { keepStores } from './keep-stores.ts';
import { openSqlPool, sendParts } from './sql-pool.ts';

keepStores(({ root, fsync, socket, key, grants }, { tell, onTrouble }) => {
  watchDescriptors((text) => onTrouble(text, { process: 'sql' }));
  const accounts = new Accounts();
  const pool = openSqlPool({ root, fsync, rooms: openRooms(accounts), onTrouble });
  const gate = new Gate({ key, grants, onTrouble });
  pool.warmUp();
  const texts = { refusal: failureText(D1_TEXTS.lost), tooMany: failureText(D1_TEXTS.tooMany) };
  const calls = new PoolServer({ pool, product: 'd1', ...texts, send: sendParts });
  const lines = new Lines(gate, MOST_CALL_BYTES);
  const server = createServer((socket) => lines.open(socket, (line) => calls.serve(line)));
  server.on('error', (error) => {
    // A connection that cannot be accepted: whoever connects tries again.
    if (server.listening) return;
    process.stderr.write(`the router of SQL processes cannot listen: ${String(error)}\n`);
    process.exit(1);
  });
  server.listen(socket, () => tell({ type: 'ready' }));
  return { accounts, gate, close: () => pool.close() };
});
