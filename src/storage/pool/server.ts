/**
 * What a pool's router says to those who connect: the pool for whoever shows a badge.
 *
 * Contract: an engine's calls are for databases of its trust group, in the names of apps of it; every other call gets
 * `refusal` for an answer. What is no frame of ours ends the connection, and nothing that comes ends this process.
 */
import type { Socket } from 'node:net';
import type { Gate, Pass } from '../gate.ts';
import { readResourceKey } from './pooled-stores.ts';
import { answerHead, type CallFrame, FrameReader, readCall } from './wire.ts';

export interface Pool {
  call(owner: string, key: string, payload: Buffer, answer: (payload: Buffer | string) => void): void;
}

export type PoolServerOptions = {
  pool: Pool;
  gate: Gate;
  /** The product whose stores the pool has. */
  product: string;
  refusal: string;
  send(socket: Socket, parts: readonly Buffer[]): void;
};

/** Answers one connection. */
export function servePool(socket: Socket, options: PoolServerOptions): void {
  const reader = new FrameReader();
  let pass: Pass | undefined;
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const frame of reader.push(chunk)) {
        if (pass !== undefined) answer(socket, readCall(frame), pass, options);
        else pass = options.gate.admit(frame.toString());
        if (pass === undefined) return void socket.destroy();
      }
    } catch {
      socket.destroy();
    }
  });
}

function answer(socket: Socket, { call, owner, key, payload }: CallFrame, pass: Pass, { pool, product, refusal, send }: PoolServerOptions): void {
  const reply = (text: Buffer | string): void => {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    send(socket, [answerHead(call, bytes.length), bytes]);
  };
  const address = readResourceKey(key);
  if (!pass.allows(address === undefined ? undefined : { product, ...address }) || !pass.runs(owner)) return reply(refusal);
  pool.call(owner, key, payload, reply);
}
