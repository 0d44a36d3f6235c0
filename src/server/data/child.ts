/** Starts the process of an operation on a D1 database, and is between it and whoever asked. */
import { fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type DataAnswer, type DataBody, DataError, type DataErrorKind } from '../../ports/stored-data.ts';
import { sqlDir } from '../../storage/paths.ts';
import { engineEnv, siblingFile, sqlWorkerExecArgv } from '../engine-launch.ts';

export type ToDataChild = { name: string; args: unknown; length: number | undefined; dataDir: string; group: string; fsync: 'full' | 'normal' };

export type FromDataChild =
  | { type: 'value'; value: unknown }
  | { type: 'stream' }
  /** Without a kind it is a fault of ours. */
  | { type: 'error'; kind: DataErrorKind | undefined; message: string };

/** A script of the largest size and what comes of it. */
const HEAP_MB = 1024;

/** @param signal whoever asked is gone @throws DataError */
export function runInChild(ask: ToDataChild, body: DataBody, signal: AbortSignal): Promise<DataAnswer> {
  const root = sqlDir(ask.dataDir);
  mkdirSync(root, { recursive: true });
  const child = fork(siblingFile('data-child'), [], {
    execArgv: [...sqlWorkerExecArgv(root), `--max-old-space-size=${HEAP_MB}`],
    env: engineEnv(),
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  // The system has no room for another process: the reason comes as an event.
  if (child.pid === undefined)
    return new Promise((_resolve, reject) =>
      child.on('error', (error) => reject(new DataError('failed', `the operation cannot be started: ${error.message}`))),
    );
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  if (signal.aborted) kill();
  child.on('error', kill);
  pipeline(body.stream, child.stdin as Writable).catch(() => {});
  return new Promise((resolve, reject) => {
    const output = new PassThrough();
    let isOver = false;
    child.on('message', (message) => {
      const answer = message as FromDataChild;
      if (answer.type === 'value') resolve({ value: answer.value });
      else if (answer.type === 'stream') resolve({ stream: output, length: undefined });
      else if (answer.kind !== undefined) reject(new DataError(answer.kind, answer.message));
      else reject(new Error(answer.message));
      isOver = answer.type !== 'stream';
      // What it has written is read to the end below.
      if (isOver) (child.stdout as Readable).resume();
    });
    (child.stdout as Readable).pipe(output, { end: false });
    child.on('close', (code) => {
      signal.removeEventListener('abort', kill);
      if (code === 0) output.end();
      else output.destroy(new Error('the process of this operation has ended'));
      if (!isOver) reject(new DataError('failed', 'the operation was ended: it may have needed too much memory'));
    });
    output.on('error', () => {});
    child.send(ask, () => {});
  });
}
