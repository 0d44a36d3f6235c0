/** Which namespace a command means, and in which data folder. Options are named as wrangler names them. */
import { join, resolve } from 'node:path';
import { isApp } from '../../config/find-app.ts';
import { readWorkerConfig } from '../../config/worker.ts';
import { DEFAULT_GROUP } from '../../server/app-record.ts';
import type { NamespaceName } from '../../server/local-kv.ts';
import { type OptionSpec, type Parsed, UsageError } from '../command.ts';
import { workerOptions } from '../options.ts';

export const DATA_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  app: { type: 'string', value: 'DIR', help: 'the app whose bindings are meant (.)' },
  env: { type: 'string', short: 'e', value: 'NAME', help: 'environment of the configuration file to use' },
  data: { type: 'string', value: 'DIR', help: "data folder (the app's .nano)" },
};

export const TARGET_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  binding: { type: 'string', value: 'NAME', help: 'the namespace that the app has under this name' },
  'namespace-id': { type: 'string', value: 'ID', help: 'the namespace of this id' },
  group: { type: 'string', value: 'NAME', help: "trust group the id belongs to (the app's, or default)" },
  ...DATA_OPTIONS,
  preview: { type: 'boolean', help: 'without effect: there is one data folder' },
  local: { type: 'boolean', help: 'without effect: all data is local' },
};

export type Target = { dataDir: string; name: NamespaceName };

/** @throws UsageError or ConfigError */
export function target(input: Parsed): Target {
  const binding = input.text('binding');
  const id = input.text('namespace-id');
  if ((binding === undefined) === (id === undefined)) throw new UsageError('which namespace? --binding NAME or --namespace-id ID');
  const root = resolve(input.text('app') ?? '.');
  const config = binding !== undefined || isApp(root) ? readWorkerConfig(root, workerOptions(input)) : undefined;
  const group = input.text('group') ?? config?.trustGroup ?? DEFAULT_GROUP;
  const dataDir = dataDirOf(input, config?.projectDir ?? root);
  if (id !== undefined) return { dataDir, name: { group, id } };
  const found = config?.bindings.find((one) => one.type === 'kv' && one.name === binding);
  if (found === undefined) throw new UsageError(`${config?.name ?? root} has no KV namespace "${binding}"`);
  return { dataDir, name: { group, id: String(found.options['id']) } };
}

/** @param projectDir the app's folder */
export function dataDirOf(input: Parsed, projectDir: string): string {
  const data = input.text('data');
  return data === undefined ? join(projectDir, '.nano') : resolve(data);
}

/** A whole number; undefined where the option is not given. @throws UsageError */
export function numberOption(input: Parsed, name: string): number | undefined {
  const text = input.text(name);
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new UsageError(`--${name} ${JSON.stringify(text)} is no number of seconds`);
  return Number(text);
}
