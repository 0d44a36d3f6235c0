/** `d1_databases`. @see https://developers.cloudflare.com/workers/wrangler/configuration/#d1-databases */
import { z } from 'zod';
import { bindingKey } from './kind.ts';

/** Where migrations lie and where it is noted which were applied, unless the key says otherwise. */
const MIGRATIONS_DIR = 'migrations';
const MIGRATIONS_TABLE = 'd1_migrations';

const database = z.looseObject({
  binding: z.string().min(1),
  // Templates leave it empty, for the id that deploying makes.
  database_id: z.string().optional(),
  database_name: z.string().min(1).optional(),
  preview_database_id: z.string().optional(),
  migrations_dir: z.string().min(1).optional(),
  migrations_table: z.string().min(1).optional(),
  migrations_pattern: z.string().min(1).optional(),
});

export const d1Key = bindingKey({
  key: 'd1_databases',
  schema: z.array(database),
  read: (databases, { app }) =>
    databases.map(({ binding, database_id, database_name, migrations_dir, migrations_table, migrations_pattern }) => ({
      name: binding,
      type: 'd1',
      options: {
        // Names are unique within an account. With neither, the database is the app's own.
        id: (database_id === '' ? undefined : database_id) ?? database_name ?? `${app}-${binding}`,
        databaseName: database_name ?? binding,
        migrationsDir: migrations_dir ?? MIGRATIONS_DIR,
        migrationsTable: migrations_table ?? MIGRATIONS_TABLE,
        ...(migrations_pattern === undefined ? {} : { migrationsPattern: migrations_pattern }),
      },
    })),
});
