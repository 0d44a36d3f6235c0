/** `nano secret store`: secrets that several apps share, for their `secrets_store_secrets`. */
import { DEFAULT_GROUP } from '../server/app-record.ts';
import { storeOwner } from '../server/store-secrets.ts';
import { type Command, CommandError, type CommandGroup, entry, type OptionSpec, type Parsed, print, printJson, UsageError } from './command.ts';
import { guarded, openStore, readValue } from './secret-input.ts';

const OPTIONS: Readonly<Record<string, OptionSpec>> = {
  group: { type: 'string', value: 'NAME', help: `the trust group whose apps use the store (${DEFAULT_GROUP})` },
  data: { type: 'string', value: 'DIR', help: 'data folder of the server (.nano)' },
  config: { type: 'string', short: 'c', value: 'FILE', help: "the server's configuration (nano.jsonc)" },
};

const NAME = /^[\w-]{1,255}$/;

const put: Command = {
  name: 'secret store put',
  summary: 'Puts a secret into a store, which is there with its first. The value is asked for, or read from standard input.',
  usage: 'STORE NAME',
  positionals: 2,
  options: OPTIONS,
  description: 'STORE is the "store_id" and NAME the "secret_name" of "secrets_store_secrets" in wrangler.jsonc. A running server follows at once.',
  run: async (input) => {
    const { store, name, owner } = secretOf(input);
    const secrets = openStore(input);
    await guarded(secrets.change(owner, new Map([[name, await readValue(name)]])));
    print(`${store}: stored the secret ${name}`);
    return 0;
  },
};

const list: Command = {
  name: 'secret store list',
  summary: 'Lists the names of the secrets of a store, as JSON.',
  usage: 'STORE',
  positionals: 1,
  options: OPTIONS,
  run: async (input) => {
    const { owner } = storeOf(input);
    const names = await guarded((async () => openStore(input).names(owner))());
    printJson(
      names.map((name) => ({ name })),
      2,
    );
    return 0;
  },
};

const remove: Command = {
  name: 'secret store delete',
  summary: 'Takes a secret out of a store.',
  usage: 'STORE NAME',
  positionals: 2,
  options: OPTIONS,
  run: async (input) => {
    const { store, name, owner } = secretOf(input);
    const deleted = await guarded(openStore(input).change(owner, new Map([[name, null]])));
    if (deleted.length === 0) throw new CommandError(`${store} has no secret ${name}`);
    print(`${store}: deleted the secret ${name}`);
    return 0;
  },
};

export const secretStoreGroup: CommandGroup = {
  name: 'secret store',
  summary: 'Secrets that several apps share.',
  commands: [put, list, remove].map(entry),
};

function storeOf(input: Parsed): { store: string; owner: string } {
  const [store] = input.positionals;
  if (store === undefined) throw new UsageError('which store? Name it: STORE');
  if (!NAME.test(store)) throw new UsageError(`${JSON.stringify(store)} cannot be the name of a store: letters, digits, "_" and "-"`);
  return { store, owner: storeOwner(input.text('group') ?? DEFAULT_GROUP, store) };
}

function secretOf(input: Parsed): { store: string; name: string; owner: string } {
  const [, name] = input.positionals;
  if (name === undefined) throw new UsageError('which secret? Name it: STORE NAME');
  if (!NAME.test(name) || name === '__proto__')
    throw new UsageError(`${JSON.stringify(name)} cannot be the name of a secret of a store: letters, digits, "_" and "-"`);
  return { ...storeOf(input), name };
}
