/**
 * A process that is asked one thing, gives one answer and ends: how it is asked, and what is heard of it.
 *
 * Contract: it works on files that tenants have filled, and whoever has taken it over can say anything. Its one message is checked;
 * the bytes that follow it are passed on as they are, and nobody here looks into them: to read rows as JSON would take twenty times
 * as much memory as they have bytes. Whatever else comes ends it, and is an error to whoever asked.
 */
import { PassThrough, pipeline, Readable, type Writable } from 'node:stream';
import { DataError, type DataErrorKind } from '../ports/stored-data.ts';
import { engineEnv } from './engine-launch.ts';
import { hear, isCount, isString, messageReader, spawnWithChannel } from './message-pipe.ts';
import { say } from './parent-channel.ts';

export type FromOnce =
  /** So many bytes follow. */
  | { type: 'value'; bytes: number }
  /** Bytes follow until there are no more; then it ends, with nothing to complain of. */
  | { type: 'stream' }
  /** "fault": one of ours. */
  | { type: 'error'; kind: DataErrorKind | 'fault'; message: string };

export type OnceOptions = {
  /** The program, and how Node is to run it. */
  file: string;
  execArgv: readonly string[];
  /** What is asked: JSON. It is told `mostBytes`, too. */
  ask: object;
  /** Its standard input. */
  body?: Readable;
  stderr: 'inherit' | 'ignore';
  /** What it does, as whoever asked calls it. */
  what: string;
  /** Of a value. */
  mostBytes: number;
  /** It may also answer with bytes whose number it does not say. */
  mayStream: boolean;
  /** It is ended: whoever asked is gone, or its time is up. */
  signal: AbortSignal;
  /** Somebody else has spoken for it. */
  onOdd(): void;
};

/** `bytes` is undefined for a stream. Whoever gets it reads or destroys it: then the process ends. */
export type OnceAnswer = { stream: Readable; bytes: number | undefined };

/** An error's text is longer only where somebody means it to be. */
const MOST_MESSAGE_BYTES = 1024 * 1024;
const KINDS: readonly unknown[] = ['invalid', 'missing', 'failed', 'fault'] satisfies (DataErrorKind | 'fault')[];

/** @throws DataError, or an Error for a fault of ours */
export function askOnce({ file, execArgv, ask, body, stderr, what, mostBytes, mayStream, signal, onOdd }: OnceOptions): Promise<OnceAnswer> {
  const { child, channel } = spawnWithChannel([...execArgv, file], engineEnv(), [body === undefined ? 'ignore' : 'pipe', 'pipe', stderr]);
  // The system has no room for another process: the reason comes as an event.
  if (child.pid === undefined || channel === undefined)
    return new Promise((_, reject) => child.on('error', (error) => reject(new DataError('failed', `the ${what} cannot be started: ${error.message}`))));
  const kill = (): void => void child.kill('SIGKILL');
  child.on('error', () => {});
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  signal.addEventListener('abort', kill);
  void ended.then(() => signal.removeEventListener('abort', kill));
  if (signal.aborted) kill();
  if (body !== undefined) feed(body, child.stdin as Writable, kill);
  // From the start: Node throws away what nobody reads of a process that has ended.
  const output = new PassThrough();
  pipeline(child.stdout as Readable, output, () => {});
  const stop = (): void => {
    kill();
    output.destroy();
  };
  const readAnswer = messageReader<FromOnce>({
    value: { bytes: (value) => isCount(value) && (value as number) <= mostBytes },
    stream: {},
    error: { kind: (value) => KINDS.includes(value), message: isString },
  });
  return new Promise((resolve, reject) => {
    let isAnswered = false;
    let isOdd = false;
    hear(channel, {
      mostBytes: MOST_MESSAGE_BYTES,
      mostMessages: 1,
      read: (value) => {
        const answer = isAnswered ? undefined : readAnswer(value);
        return answer?.type === 'stream' && !mayStream ? undefined : answer;
      },
      receive: (answer) => {
        isAnswered = true;
        if (answer.type === 'error') {
          stop();
          return reject(answer.kind === 'fault' ? new Error(answer.message) : new DataError(answer.kind, answer.message));
        }
        const bytes = answer.type === 'value' ? answer.bytes : undefined;
        const stream = Readable.from(bytesOf(output, bytes, ended), { objectMode: false });
        stream.once('close', stop).on('error', () => {});
        resolve({ stream, bytes });
      },
      odd: () => {
        isOdd = true;
        stop();
        onOdd();
      },
    });
    channel.once('close', () => {
      if (isAnswered) return;
      stop();
      const why = isOdd ? 'what its process said is no answer; the log of the server tells of it' : 'it may have needed too much memory';
      reject(new DataError('failed', `the ${what} was ended: ${why}`));
    });
    say(channel, { ...ask, mostBytes });
  });
}

/** What is not read of a body is still its owner's: a request whose body is destroyed gets no answer. */
function feed(body: Readable, stdin: Writable, kill: () => void): void {
  stdin.on('error', () => {});
  body.once('error', kill);
  body.pipe(stdin);
}

/** @throws Error where they are fewer or more than was said, or the process did not end as it should */
async function* bytesOf(output: Readable, bytes: number | undefined, ended: Promise<number | null>): AsyncGenerator<Buffer> {
  let left = bytes ?? Number.POSITIVE_INFINITY;
  if (left === 0) return;
  for await (const chunk of output as AsyncIterable<Buffer>) {
    left -= chunk.length;
    if (left < 0) throw new Error('the process of this operation has written more than it said');
    yield chunk;
    if (left === 0) return;
  }
  if (bytes !== undefined || (await ended) !== 0) throw new Error('the process of this operation has ended');
}
