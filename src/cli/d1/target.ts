/** Which database a command means, and in which data folder. Options are named as wrangler names them. */
import { join, resolve } from 'node:path';
import { isApp } from '../../config/find-app.ts';
import { readWorkerConfig } from '../../config/worker.ts';
import type { WorkerConfig } from '../../config/worker-config.ts';
import { DEFAULT_GROUP } from '../../server/app-record.ts';
import { type DatabaseName, isD1Failure, type LocalDatabase, withDatabase } from '../../server/local-d1.ts';
import { CommandError, type OptionSpec, type Parsed, UsageError } from '../command.ts';
import { workerOptions } from '../options.ts';

export const TARGET_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  app: { type: 'string', value: 'DIR', help: 'the app whose database is meant (.)' },
  env: { type: 'string', short: 'e', value: 'NAME', help: 'environment of the configuration file to use' },
  data: { type: 'string', value: 'DIR', help: "data folder (the app's .nano)" },
  group: { type: 'string', value: 'NAME', help: "trust group the database belongs to (the app's, or default)" },
  local: { type: 'boolean', help: 'without effect: all data is local' },
};

export type Target = {
  dataDir: string;
  name: DatabaseName;
  /** What the command calls it. */
  title: string;
  /** The folder of migrations, the table of those applied, and which files they are. */
  migrations: { dir: string; table: string; pattern: string | undefined; projectDir: string };
};

export function configOf(input: Parsed): WorkerConfig | undefined {
  const root = resolve(input.text('app') ?? '.');
  return input.text('app') !== undefined || isApp(root) ? readWorkerConfig(root, workerOptions(input)) : undefined;
}

export function dataDirOf(input: Parsed, config: WorkerConfig | undefined): string {
  const data = input.text('data');
  return data === undefined ? join(config?.projectDir ?? resolve('.'), '.nano') : resolve(data);
}

/** The database that the first argument names: by binding, name or id of the app's, or by the id of any. @throws UsageError */
export function target(input: Parsed): Target {
  const [title] = input.positionals;
  if (title === undefined) throw new UsageError('which database? Its binding, name or id');
  const config = configOf(input);
  const found = config?.bindings.find(
    ({ type, name, options }) => type === 'd1' && (name === title || options['databaseName'] === title || options['id'] === title),
  );
  const options = found?.options ?? {};
  const projectDir = config?.projectDir ?? resolve('.');
  return {
    title,
    dataDir: dataDirOf(input, config),
    name: { group: input.text('group') ?? config?.trustGroup ?? DEFAULT_GROUP, id: String(options['id'] ?? title) },
    migrations: {
      projectDir,
      dir: resolve(projectDir, String(options['migrationsDir'] ?? 'migrations')),
      table: String(options['migrationsTable'] ?? 'd1_migrations'),
      pattern: options['migrationsPattern'] === undefined ? undefined : String(options['migrationsPattern']),
    },
  };
}

/** Opens the target; what the database says becomes the command's message. */
export function open<T>({ dataDir, name, title }: Target, work: (database: LocalDatabase) => T): T {
  try {
    return withDatabase(dataDir, name, work);
  } catch (error) {
    if (isD1Failure(error) || (error instanceof Error && 'code' in error)) throw new CommandError(`${title}: ${error.message}`);
    throw error;
  }
}
