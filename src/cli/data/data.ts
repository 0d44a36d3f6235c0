/** Which data a command for stored data works on: that of a folder, or of a running server. */
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { type DataAnswer, type DataBody, DataError, type StoredData } from '../../ports/stored-data.ts';
import type { AppBindings } from '../../server/data/served.ts';
import { withLocalData } from '../../server/data/local.ts';
import { DEFAULT_GROUP } from '../../server/app-record.ts';
import { CommandError, type OptionSpec, type Parsed, UsageError } from '../command.ts';
import { TOKEN_OPTION, tokenOf } from '../token.ts';
import { remoteData } from './remote.ts';

export const SERVER_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  to: { type: 'string', value: 'URL', help: 'a running server, by the address of its admin port, instead of a data folder' },
  ...TOKEN_OPTION,
};

/** What wrangler's commands take, too: scripts that were made for it go on working. */
export const WRANGLER_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'persist-to': { type: 'string', value: 'DIR', help: 'the same as --data' },
  local: { type: 'boolean', help: 'without effect: without --to all data is local' },
};

/** The data folder that is named, if one is. */
export function dataOption(input: Parsed): string | undefined {
  return input.text('data') ?? input.text('persist-to');
}

/** The app that is meant, if one is named: its folder, its wrangler file or its name on a server. */
export function appOption(input: Parsed): string | undefined {
  return input.text('app') ?? input.text('config');
}

export type DataPlace = { dataDir: string; group: string };

/** The server that is meant, if one is. @throws UsageError */
export function serverOf(input: Parsed): URL | undefined {
  const text = input.text('to');
  if (text === undefined) {
    if (input.text('token') !== undefined) throw new UsageError('--token is for a server: say --to URL');
    return undefined;
  }
  if (dataOption(input) !== undefined) throw new UsageError('--to and --data: which of them?');
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.search !== '')
    throw new UsageError(`--to ${JSON.stringify(text)} is not the address of an admin port: http://127.0.0.1:8081`);
  return url;
}

/** The data that a command works on, for as long as `work` takes. What an operation refuses becomes the command's message. */
export async function withData<T>(input: Parsed, { dataDir, group }: DataPlace, work: (data: StoredData) => Promise<T>): Promise<T> {
  const to = serverOf(input);
  try {
    if (to !== undefined) return await work(remoteData({ to, group, token: tokenOf(input) }));
    return await withLocalData(dataDir, group, (message) => void process.stderr.write(`nano: ${message}\n`), work);
  } catch (error) {
    if (error instanceof DataError) throw new CommandError(error.message);
    if (error instanceof CommandError || error instanceof UsageError || !(error instanceof Error)) throw error;
    // What a file or a connection says of itself.
    if ('code' in error && typeof error.code === 'string' && !(error instanceof TypeError)) throw new CommandError(error.message);
    if (to === undefined) throw error;
    throw new CommandError(`${to.href} answers something else than was asked for`);
  }
}

/** What the app of a name has bound, where the name is not a folder here but an app of the server. */
export async function serverApp(input: Parsed): Promise<AppBindings | undefined> {
  const to = serverOf(input);
  const app = appOption(input);
  if (to === undefined || app === undefined || existsSync(app)) return undefined;
  return withData(input, { dataDir: '', group: DEFAULT_GROUP }, async (data) => {
    const { group, bindings } = valueOf<AppBindings>(await data.call('apps/bindings', { app }));
    return { group, bindings: bindings.map(({ name, type, id }) => ({ name, type, id })) };
  });
}

/** Where an error message says that something is not. */
export function whereOf(input: Parsed, dataDir: string): string {
  return serverOf(input)?.href ?? dataDir;
}

/** The value of an answer that has no bytes; its type is the operation's. */
export function valueOf<Value>(answer: DataAnswer): Value {
  if ('stream' in answer) {
    answer.stream.destroy();
    throw new CommandError('the server answers something else than was asked for');
  }
  return answer.value as Value;
}

/** The bytes of an answer. */
export function streamOf(answer: DataAnswer): Readable {
  if ('stream' in answer) return answer.stream;
  throw new CommandError('the server answers something else than was asked for');
}

export function textBody(text: string): DataBody {
  const bytes = Buffer.from(text);
  return { stream: Readable.from([bytes], { objectMode: false }), length: bytes.length };
}
