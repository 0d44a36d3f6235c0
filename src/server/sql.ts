/**
 * The router of SQL processes: takes engines' calls and gives each database to one process at a time.
 *
 * It sees text only as bytes. It is told what to do over its channel and ends with it; its workers end with it.
 */
import { createServer, type Socket } from 'node:net';
import type { FromStore, ToStore } from '../protocol/store.ts';
import type { PoolRouter } from '../storage/pool/router.ts';
import { answerHead, FrameReader, readCall } from '../storage/pool/wire.ts';
import { openSqlPool, sendParts } from './sql-pool.ts';
import { ignoreSignals, tellSupervisor } from './channel.ts';

const tell: (message: FromStore) => void = tellSupervisor;

process.once('message', (message) => {
  const { root, fsync, socket } = (message as ToStore).config;
  const pool = openSqlPool({ root, fsync, onTrouble: (text, fields) => tell({ type: 'trouble', message: text, fields }) });
  pool.warmUp();
  const server = createServer((engine) => serve(engine, pool));
  server.once('error', (error) => {
    process.stderr.write(`the router of SQL processes cannot listen: ${String(error)}\n`);
    process.exit(1);
  });
  server.listen(socket, () => tell({ type: 'ready' }));
  process.on('disconnect', () => {
    pool.close();
    process.exit(0);
  });
});

function serve(engine: Socket, pool: PoolRouter): void {
  const reader = new FrameReader();
  engine.on('error', () => {});
  engine.on('data', (chunk: Buffer) => {
    for (const frame of reader.push(chunk)) {
      const { call, owner, key, payload } = readCall(frame);
      pool.call(owner, key, payload, (answer) => {
        const bytes = typeof answer === 'string' ? Buffer.from(answer) : answer;
        sendParts(engine, [answerHead(call, bytes.length), bytes]);
      });
    }
  });
}

ignoreSignals();
