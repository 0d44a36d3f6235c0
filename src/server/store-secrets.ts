/**
 * Stores of secrets that several apps share: the values of `secrets_store_secrets`, in the place of apps' own secrets.
 *
 * Contract: a store belongs to a trust group. An app that names a store of another group finds none of its secrets.
 */
import { configError } from '../config/problem.ts';
import type { BindingRecord } from '../protocol/bindings.ts';
import type { AppRecord } from '../protocol/engine.ts';

/** The secrets of an owner, decrypted: see SecretStore. */
export type ReadSecrets = (owner: string) => Readonly<Record<string, string>>;

/** Whose the secrets of a store are, where those of apps have the app's name: no app can have such a name. */
export function storeOwner(group: string, store: string): string {
  return `store:${group}/${store}`;
}

/** The bindings, those to secrets with their values, as far as they are there. @throws ConfigError where they cannot be read */
export function withStoreSecrets(group: string, bindings: readonly BindingRecord[], read: ReadSecrets | undefined): BindingRecord[] {
  return bindings.map((binding) => {
    const { store, secret } = binding.options;
    if (binding.type !== 'secret' || read === undefined) return binding;
    try {
      const secrets = read(storeOwner(group, String(store)));
      const value = Object.hasOwn(secrets, String(secret)) ? (secrets[String(secret)] ?? null) : null;
      return { ...binding, options: { ...binding.options, value } };
    } catch (error) {
      throw configError({ key: 'secrets_store_secrets', message: `The secrets of the store "${String(store)}" cannot be used: ${(error as Error).message}.` });
    }
  });
}

/** The apps among the owners of secrets, and the apps that use the stores among them. */
export function usersOf(owners: ReadonlySet<string>, apps: readonly AppRecord[]): ReadonlySet<string> {
  const users = apps.filter(({ group, bindings }) =>
    bindings.some(({ type, options }) => type === 'secret' && owners.has(storeOwner(group, String(options['store'])))),
  );
  return new Set([...owners, ...users.map(({ name }) => name)]);
}
