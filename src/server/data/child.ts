/** An operation on a D1 database in a process of its own, as the server has it carried out. */
import { mkdirSync } from 'node:fs';
import type { DataBody, ServedAnswer } from '../../ports/stored-data.ts';
import { sqlDir } from '../../storage/paths.ts';
import { askOnce } from '../ask-once.ts';
import { siblingFile, sqlWorkerExecArgv } from '../engine-launch.ts';

export type DataAsk = { name: string; args: unknown; length?: number; dataDir: string; group: string; fsync: 'full' | 'normal' };

export type ChildOptions = {
  /** Somebody else has spoken for the process. */
  onOdd(): void;
  /** What runs in it; data-child.ts where nothing is said. */
  file?: string | undefined;
};

/** Of an answer that is no stream: a command takes no longer one. */
const MOST_VALUE_BYTES = 500 * 1024 * 1024;
/** A script of the largest size and what comes of it. */
const HEAP_MB = 1024;

/** @param signal whoever asked is gone @throws DataError */
export async function runInChild(ask: DataAsk, body: DataBody, signal: AbortSignal, { onOdd, file }: ChildOptions): Promise<ServedAnswer> {
  const root = sqlDir(ask.dataDir);
  mkdirSync(root, { recursive: true });
  const { stream, bytes } = await askOnce({
    file: file ?? siblingFile('data-child'),
    execArgv: [...sqlWorkerExecArgv(root), `--max-old-space-size=${HEAP_MB}`],
    ask: { ...ask, ...(body.length !== undefined && { length: body.length }) } satisfies DataAsk,
    body: body.stream,
    stderr: 'inherit',
    what: 'operation',
    mostBytes: MOST_VALUE_BYTES,
    mayStream: true,
    signal,
    onOdd,
  });
  return bytes === undefined ? { stream, length: undefined } : { json: stream, length: bytes };
}
