/** Which database a command means, and in which data folder or server. Options are named as wrangler names them. */
import { join, resolve } from 'node:path';
import { isApp } from '../../config/find-app.ts';
import { readWorkerConfig } from '../../config/worker.ts';
import type { WorkerConfig } from '../../config/worker-config.ts';
import { DEFAULT_GROUP } from '../../server/app-record.ts';
import type { D1Result } from '../../server/data/d1.ts';
import { DataError, type StoredData } from '../../ports/stored-data.ts';
import { CommandError, type OptionSpec, type Parsed, UsageError } from '../command.ts';
import { appOption, dataOption, type DataPlace, SERVER_OPTIONS, serverApp, textBody, valueOf, withData, WRANGLER_OPTIONS } from '../data/data.ts';
import { workerOptions } from '../options.ts';

export const TARGET_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  app: { type: 'string', value: 'DIR', help: 'the app whose database is meant (.); with --to also its name there' },
  env: { type: 'string', short: 'e', value: 'NAME', help: 'environment of the configuration file to use' },
  data: { type: 'string', value: 'DIR', help: "data folder (the app's .nano)" },
  group: { type: 'string', value: 'NAME', help: "trust group the database belongs to (the app's, or default)" },
  config: { type: 'string', short: 'c', value: 'FILE', help: 'the same as --app: its wrangler file' },
  ...SERVER_OPTIONS,
  ...WRANGLER_OPTIONS,
};

export const YES: Readonly<Record<string, OptionSpec>> = { yes: { type: 'boolean', short: 'y', help: 'without effect: nothing is asked' } };

export type Target = DataPlace & {
  id: string;
  /** What the command calls it. */
  title: string;
  /** What the app calls it, where it is one of the app's. */
  name: string | undefined;
  /** The folder of migrations, the table of those applied, and which files they are. */
  migrations: { dir: string; table: string; pattern: string | undefined; projectDir: string };
};

function configOf(input: Parsed): WorkerConfig | undefined {
  const root = resolve(appOption(input) ?? '.');
  return appOption(input) !== undefined || isApp(root) ? readWorkerConfig(root, { ...workerOptions(input), redirect: false }) : undefined;
}

export function dataDirOf(input: Parsed, config: WorkerConfig | undefined): string {
  const data = dataOption(input);
  return data === undefined ? join(config?.projectDir ?? resolve('.'), '.nano') : resolve(data);
}

/** A database that an app has: the name and id are those of its configuration. */
export type BoundDatabase = { binding: string; id: string; name: string; group: string; options: Readonly<Record<string, unknown>> };

/** The app's databases, whether it is a folder here or an app of the server. */
export async function boundDatabases(input: Parsed): Promise<{ config: WorkerConfig | undefined; served: string | undefined; databases: BoundDatabase[] }> {
  const served = await serverApp(input);
  if (served !== undefined) {
    const bound = served.bindings.filter(({ type }) => type === 'd1');
    const databases = [...new Set(bound.map(({ name }) => name))].map((binding) => {
      // The id, and then the name.
      const [id = '', name = id] = bound.filter((one) => one.name === binding).map((one) => one.id);
      return { binding, id, name, group: served.group, options: {} };
    });
    return { config: undefined, served: served.group, databases };
  }
  const config = configOf(input);
  const databases = (config?.bindings ?? []).flatMap(({ type, name: binding, options }) =>
    type === 'd1' ? [{ binding, id: String(options['id']), name: String(options['databaseName']), group: config?.trustGroup ?? DEFAULT_GROUP, options }] : [],
  );
  return { config, served: undefined, databases };
}

/** The database that the first argument names: by binding, name or id of the app's, or by the id of any. @throws UsageError */
export async function target(input: Parsed): Promise<Target> {
  const [title] = input.positionals;
  if (title === undefined) throw new UsageError('which database? Its binding, name or id');
  const { config, served, databases } = await boundDatabases(input);
  const found = databases.find(({ binding, id, name }) => [binding, id, name].includes(title));
  if (served !== undefined && found === undefined) throw new UsageError(`${appOption(input)} has no database "${title}"`);
  const options = found?.options ?? {};
  const projectDir = config?.projectDir ?? resolve('.');
  return {
    title,
    name: found?.name,
    dataDir: dataDirOf(input, config),
    group: input.text('group') ?? served ?? config?.trustGroup ?? DEFAULT_GROUP,
    id: found?.id ?? title,
    migrations: {
      projectDir,
      dir: resolve(projectDir, String(options['migrationsDir'] ?? 'migrations')),
      table: String(options['migrationsTable'] ?? 'd1_migrations'),
      pattern: options['migrationsPattern'] === undefined ? undefined : String(options['migrationsPattern']),
    },
  };
}

/** A database as commands use it. */
export type Database = {
  /** Carries out the statements of a script, all or none. @throws DataError */
  script(sql: string): Promise<D1Result[]>;
  data: StoredData;
};

/** Opens the target; what the database says becomes the command's message. */
export async function open<T>(input: Parsed, { id, title, ...place }: Target, work: (database: Database) => Promise<T>): Promise<T> {
  return withData(input, place, async (data) => {
    try {
      return await work({ data, script: async (sql) => valueOf<D1Result[]>(await data.call('d1/script', { id }, textBody(sql))) });
    } catch (error) {
      throw error instanceof DataError ? new CommandError(`${title}: ${error.message}`) : error;
    }
  });
}
