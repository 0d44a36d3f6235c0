/** Which namespace a command means, and in which data folder or server. Options are named as wrangler names them. */
import { join, resolve } from 'node:path';
import { isApp } from '../../config/find-app.ts';
import { readWorkerConfig } from '../../config/worker.ts';
import { DEFAULT_GROUP } from '../../server/app-record.ts';
import { type OptionSpec, type Parsed, UsageError } from '../command.ts';
import { appOption, dataOption, type DataPlace, SERVER_OPTIONS, serverApp, WRANGLER_OPTIONS } from '../data/data.ts';
import { workerOptions } from '../options.ts';

export const DATA_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  app: { type: 'string', value: 'DIR', help: 'the app whose bindings are meant (.); with --to also its name there' },
  env: { type: 'string', short: 'e', value: 'NAME', help: 'environment of the configuration file to use' },
  data: { type: 'string', value: 'DIR', help: "data folder (the app's .nano)" },
  config: { type: 'string', short: 'c', value: 'FILE', help: 'the same as --app: its wrangler file' },
  ...SERVER_OPTIONS,
  ...WRANGLER_OPTIONS,
};

export const TARGET_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  binding: { type: 'string', value: 'NAME', help: 'the namespace that the app has under this name' },
  'namespace-id': { type: 'string', value: 'ID', help: 'the namespace of this id' },
  group: { type: 'string', value: 'NAME', help: "trust group the id belongs to (the app's, or default)" },
  ...DATA_OPTIONS,
  preview: { type: 'boolean', help: 'without effect: there is one data folder' },
};

export type Target = DataPlace & { id: string };

/** @throws UsageError or ConfigError */
export async function target(input: Parsed): Promise<Target> {
  const binding = input.text('binding');
  const id = input.text('namespace-id');
  if ((binding === undefined) === (id === undefined)) throw new UsageError('which namespace? --binding NAME or --namespace-id ID');
  const { title, dataDir, ...app } = await appOf(input, binding !== undefined);
  const group = input.text('group') ?? app.group;
  if (id !== undefined) return { dataDir, group, id };
  const found = app.namespaces.find(({ name }) => name === binding);
  if (found === undefined) throw new UsageError(`${title} has no KV namespace "${binding}"`);
  return { dataDir, group, id: found.id };
}

export type App = DataPlace & { title: string; namespaces: { name: string; id: string }[] };

/** The app that is meant: of the server, or of a folder. @param isNeeded a folder that is no app is an error */
export async function appOf(input: Parsed, isNeeded: boolean): Promise<App> {
  const served = await serverApp(input);
  if (served !== undefined) {
    const namespaces = served.bindings.filter(({ type }) => type === 'kv');
    return { title: appOption(input) ?? '', dataDir: '', group: served.group, namespaces };
  }
  const root = resolve(appOption(input) ?? '.');
  const config = isNeeded || isApp(root) ? readWorkerConfig(root, { ...workerOptions(input), redirect: false }) : undefined;
  const bindings = config?.bindings.filter(({ type }) => type === 'kv') ?? [];
  return {
    title: config?.name ?? root,
    dataDir: dataDirOf(input, config?.projectDir ?? root),
    group: config?.trustGroup ?? DEFAULT_GROUP,
    namespaces: bindings.map(({ name, options }) => ({ name, id: String(options['id']) })),
  };
}

/** @param projectDir the app's folder */
function dataDirOf(input: Parsed, projectDir: string): string {
  const data = dataOption(input);
  return data === undefined ? join(projectDir, '.nano') : resolve(data);
}

/** A whole number; undefined where the option is not given. @throws UsageError */
export function numberOption(input: Parsed, name: string): number | undefined {
  const text = input.text(name);
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new UsageError(`--${name} ${JSON.stringify(text)} is no number of seconds`);
  return Number(text);
}
