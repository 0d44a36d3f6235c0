/**
 * The router of SQL processes: takes engines' calls and gives each database to one process at a time.
 *
 * It sees text only as bytes. It is told what to do over its channel and ends with it; its workers end with it.
 */
import { createServer } from 'node:net';
import { D1_TEXTS } from '../bindings/d1/errors.ts';
import { failureText } from '../bindings/d1/failure-text.ts';
import type { Configure, FromStore } from '../protocol/store.ts';
import { Accounts } from '../storage/accounts.ts';
import { Gate } from '../storage/gate.ts';
import { servePool } from '../storage/pool/server.ts';
import { openRooms } from './d1-rooms.ts';
import { followAccounts } from './follow-accounts.ts';
import { followGrants } from './follow-grants.ts';
import { openSqlPool, sendParts } from './sql-pool.ts';
import { ignoreSignals, tellSupervisor } from './channel.ts';

const tell: (message: FromStore) => void = tellSupervisor;

process.once('message', (message) => {
  const { root, fsync, socket, key, grants } = (message as Configure).config;
  const onTrouble = (text: string, fields: Record<string, unknown>): void => tell({ type: 'trouble', message: text, fields });
  const accounts = new Accounts();
  followAccounts(accounts, tell);
  const pool = openSqlPool({ root, fsync, rooms: openRooms(accounts), onTrouble });
  const gate = new Gate({ key, grants, onTrouble });
  pool.warmUp();
  const refusal = failureText(D1_TEXTS.lost);
  const server = createServer((engine) => servePool(engine, { pool, gate, product: 'd1', refusal, send: sendParts }));
  server.once('error', (error) => {
    process.stderr.write(`the router of SQL processes cannot listen: ${String(error)}\n`);
    process.exit(1);
  });
  server.listen(socket, () => tell({ type: 'ready' }));
  followGrants(gate, tell);
  process.on('disconnect', () => {
    pool.close();
    process.exit(0);
  });
});

ignoreSignals();
