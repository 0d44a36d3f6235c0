/** `nano backup` and `nano restore`: a copy of a data folder, and a data folder from a copy. */
import { resolve } from 'node:path';
import { readServerConfig } from '../config/server.ts';
import { BackupError, backup } from '../server/backup/backup.ts';
import { restore } from '../server/backup/restore.ts';
import { packageVersion } from '../server/package-version.ts';
import { type Command, CommandError, type OptionSpec, type Parsed, print, UsageError } from './command.ts';

const OPTIONS: Readonly<Record<string, OptionSpec>> = {
  data: { type: 'string', value: 'DIR', help: 'the data folder (.nano)' },
  config: { type: 'string', short: 'c', value: 'FILE', help: "the server's configuration (nano.jsonc)" },
};

export const backupCommand: Command = {
  name: 'backup',
  summary: 'Copies the data of a server, running or not, into a new folder.',
  usage: 'OUT',
  positionals: 1,
  options: { ...OPTIONS, 'with-key': { type: 'boolean', help: 'also copy the key of secrets: the copy then tells them to whoever has it' } },
  run: async (input) => {
    const to = resolve(named(input, 'where to? nano backup OUT'));
    const { files } = await guarded(backup({ from: dataDir(input), to, withKey: input.flag('with-key'), version: packageVersion() }));
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    process.stdout.write(`${files.length} files, ${(bytes / 1024 / 1024).toFixed(1)} MB: ${to}\n`);
    return 0;
  },
};

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'Makes a data folder from what nano backup has copied.',
  usage: 'FROM',
  positionals: 1,
  options: { ...OPTIONS, force: { type: 'boolean', help: 'where data is there already, put it aside' } },
  run: async (input) => {
    const from = resolve(named(input, 'from where? nano restore FROM'));
    const to = dataDir(input);
    const { manifest, old } = await guarded(restore({ from, to, force: input.flag('force'), now: Date.now() }));
    print(`${to} is as it was on ${manifest.madeAt}${old === undefined ? '' : `\nwhat was there before: ${old}`}`);
    return 0;
  },
};

function dataDir(input: Parsed): string {
  return readServerConfig(input.text('config'), { overrides: { dataDir: input.text('data') } }).dataDir;
}

function named(input: Parsed, problem: string): string {
  const [path] = input.positionals;
  if (path === undefined) throw new UsageError(problem);
  return path;
}

async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof BackupError ? new CommandError(error.message) : error;
  }
}
