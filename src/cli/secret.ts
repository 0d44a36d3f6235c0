/** `nano secret`: the secrets of apps, encrypted in a data folder. A value is never an argument, and never shown. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { isApp } from '../config/find-app.ts';
import { nameFault } from '../config/names.ts';
import { readWorkerConfig } from '../config/worker.ts';
import type { SecretStore } from '../server/secrets/secret-store.ts';
import { type Command, CommandError, type CommandGroup, entry, groupEntry, type OptionSpec, type Parsed, UsageError } from './command.ts';
import { workerOptions } from './options.ts';
import { checked, guarded, openStore, readValue } from './secret-input.ts';
import { secretStoreGroup } from './secret-store.ts';
import { readInput } from './standard-input.ts';

const OPTIONS: Readonly<Record<string, OptionSpec>> = {
  app: { type: 'string', value: 'NAME|DIR', help: 'the app: its name on the server, or its folder (.)' },
  env: { type: 'string', short: 'e', value: 'NAME', help: 'environment of the configuration file to use' },
  data: { type: 'string', value: 'DIR', help: 'data folder of the server (.nano)' },
  config: { type: 'string', short: 'c', value: 'FILE', help: "the server's configuration (nano.jsonc)" },
};
const WHERE = 'The data folder is the one of `nano serve`: run this in the same folder, or say --data or --config. A running server follows at once.';

/** Names that can be in env; what would be a trap is none. */
const NAME = /^[A-Za-z_]\w{0,255}$/;

const putCommand: Command = {
  name: 'secret put',
  summary: 'Stores a secret. The value is asked for, or read from standard input.',
  usage: 'KEY',
  positionals: 1,
  options: OPTIONS,
  description: WHERE,
  run: async (input) => {
    const key = keyOf(input);
    const { store, app, taken } = target(input);
    refuseTaken(key, taken);
    await guarded(store.change(app, new Map([[key, await readValue(key)]])));
    return say(`${app}: stored the secret ${key}`);
  },
};

const listCommand: Command = {
  name: 'secret list',
  summary: "Lists the names of an app's secrets, as JSON.",
  usage: '',
  positionals: 0,
  options: OPTIONS,
  run: async (input) => {
    const { store, app } = target(input);
    const names = await guarded((async () => store.names(app))());
    return say(
      JSON.stringify(
        names.map((name) => ({ name, type: 'secret_text' })),
        undefined,
        2,
      ),
    );
  },
};

const deleteCommand: Command = {
  name: 'secret delete',
  summary: 'Deletes a secret.',
  usage: 'KEY',
  positionals: 1,
  options: OPTIONS,
  run: async (input) => {
    const key = keyOf(input);
    const { store, app } = target(input);
    const deleted = await guarded(store.change(app, new Map([[key, null]])));
    if (deleted.length === 0) throw new CommandError(`${app} has no secret ${key}`);
    return say(`${app}: deleted the secret ${key}`);
  },
};

const bulkCommand: Command = {
  name: 'secret bulk',
  summary: 'Stores many secrets at once: of a JSON object or a .env file, or standard input. null deletes.',
  usage: '[FILE]',
  positionals: 1,
  options: OPTIONS,
  description: WHERE,
  run: async (input) => {
    const { store, app, taken } = target(input);
    const [file] = input.positionals;
    const changes = readChanges(file === undefined ? await readInput() : readFile(file));
    for (const [key, value] of changes) {
      checkName(key);
      if (value === null) continue;
      refuseTaken(key, taken);
      checked(key, value);
    }
    const deleted = (await guarded(store.change(app, changes))).length;
    const stored = [...changes.values()].filter((value) => value !== null).length;
    return say(`${app}: stored ${secrets(stored)}${deleted === 0 ? '' : `, deleted ${deleted}`}`);
  },
};

const rotateCommand: Command = {
  name: 'secret rotate-key',
  summary: 'Encrypts all secrets of the data folder with a new key, and removes the old one.',
  usage: '',
  positionals: 0,
  options: { data: OPTIONS['data'] as OptionSpec, config: OPTIONS['config'] as OptionSpec },
  description: 'With NANO_SECRETS_KEY="NEW,OLD" everything is encrypted with NEW; OLD can go afterwards.',
  run: async (input) => say(`encrypted ${secrets(await guarded(openStore(input).rotate()))} with a new key`),
};

export const secretGroup: CommandGroup = {
  name: 'secret',
  summary: 'Secrets of apps, encrypted in the data folder of a server.',
  commands: [...[putCommand, listCommand, deleteCommand, bulkCommand, rotateCommand].map(entry), groupEntry(secretStoreGroup)],
};

/** The app that is meant. `taken`: names of env that are something else, as far as the app can be looked at. */
function target(input: Parsed): { store: SecretStore; app: string; taken: ReadonlySet<string> } {
  const given = input.text('app') ?? '.';
  const store = openStore(input);
  const folder = resolve(given);
  if (existsSync(folder) && isApp(folder)) {
    const { name, vars, bindings } = readWorkerConfig(folder, { ...workerOptions({ ...input, list: () => [] }), devVars: false });
    return { store, app: name, taken: new Set([...Object.keys(vars), ...bindings.map((one) => one.name)]) };
  }
  if (input.text('app') === undefined) throw new UsageError('which app? --app NAME or --app DIR');
  const fault = nameFault(given);
  if (fault !== undefined) throw new UsageError(`${JSON.stringify(given)} is neither an app nor the name of one: it ${fault}`);
  const env = input.text('env');
  return { store, app: env === undefined ? given : `${given}-${env}`, taken: new Set() };
}

function keyOf(input: Parsed): string {
  const [key] = input.positionals;
  if (key === undefined) throw new UsageError('which secret? Name it: KEY');
  checkName(key);
  return key;
}

function checkName(key: string): void {
  if (!NAME.test(key) || key === '__proto__')
    throw new UsageError(`${JSON.stringify(key)} cannot be the name of a secret: letters, digits and "_", no digit first`);
}

/** As on Cloudflare, a name means one thing. */
function refuseTaken(key: string, taken: ReadonlySet<string>): void {
  if (taken.has(key))
    throw new CommandError(`Binding name '${key}' already in use: it is a variable or binding of the app. Choose another name, or remove that one.`);
}

function readFile(file: string): string {
  try {
    return readFileSync(join(file), 'utf8');
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** JSON where it looks like it, else the lines of a .env file. What is wrong is told without the text, which is secret. */
function readChanges(text: string): Map<string, string | null> {
  const wrong = new CommandError('expected a JSON object of texts (or null, to delete), or lines KEY=value');
  let object: unknown;
  try {
    object = text.trimStart().startsWith('{') ? JSON.parse(text) : parseEnv(text);
  } catch {
    throw wrong;
  }
  if (typeof object !== 'object' || object === null || Array.isArray(object)) throw wrong;
  const changes = new Map<string, string | null>();
  for (const [key, value] of Object.entries(object)) {
    if (typeof value !== 'string' && value !== null) throw wrong;
    changes.set(key, value);
  }
  if (changes.size === 0) throw wrong;
  return changes;
}

const secrets = (count: number): string => (count === 1 ? '1 secret' : `${count} secrets`);

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}
