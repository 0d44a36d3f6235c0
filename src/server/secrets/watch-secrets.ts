/** Tells whose secrets have changed, so that they are live without a restart. */
import { type FSWatcher, mkdirSync, watch } from 'node:fs';
import type { SecretStore } from './secret-store.ts';

/** Several changes come together: `nano secret bulk`, a rotation of the key. */
const QUIET_MS = 100;

export type SecretsWatch = { close(): void };

/**
 * @param onChange called with the names of apps
 * @param onError the folder cannot be watched
 */
export function watchSecrets(store: SecretStore, onChange: (apps: ReadonlySet<string>) => void, onError: (error: Error) => void): SecretsWatch {
  const names = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    const apps = new Set([...names].map((name) => store.appOf(name)).filter((app) => app !== undefined));
    names.clear();
    if (apps.size > 0) onChange(apps);
  };
  let watcher: FSWatcher | undefined;
  try {
    mkdirSync(store.dir, { recursive: true, mode: 0o700 });
    watcher = watch(store.dir, { persistent: false }, (_type, name) => {
      if (name === null || !name.endsWith('.json')) return;
      names.add(name);
      timer ??= setTimeout(tell, QUIET_MS).unref();
    });
    watcher.on('error', onError);
  } catch (error) {
    onError(error as Error);
  }
  return {
    close: () => {
      clearTimeout(timer);
      watcher?.close();
    },
  };
}
