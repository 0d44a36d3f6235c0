/**
 * `nano d1 migrations`: the schema of a database as files that are applied once each, in the order of their names.
 *
 * Contract: a migration and the note that it was applied are one transaction. The first that fails ends the command;
 * those before it stay.
 * @see https://developers.cloudflare.com/d1/reference/migrations/
 */
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { DataError } from '../../ports/stored-data.ts';
import { type Command, CommandError, type CommandGroup, entry, print, UsageError } from '../command.ts';
import { type Database, open, TARGET_OPTIONS, type Target, target, YES } from './target.ts';

const NUMBER_DIGITS = 4;

const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Names of migrations, relative to their folder, in order. */
function names({ dir, pattern, projectDir }: Target['migrations']): string[] {
  if (pattern !== undefined)
    return globSync(pattern, { cwd: projectDir })
      .map((file) => relative(dir, resolve(projectDir, file)))
      .sort();
  return existsSync(dir)
    ? readdirSync(dir)
        .filter((name) => name.endsWith('.sql'))
        .sort()
    : [];
}

async function unapplied({ migrations }: Target, database: Database): Promise<string[]> {
  const table = quoteName(migrations.table);
  const [, rows] = await database.script(
    `CREATE TABLE IF NOT EXISTS ${table} (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);
     SELECT name FROM ${table}`,
  );
  const applied = new Set(rows?.results.rows.map(([name]) => String(name)));
  return names(migrations).filter((name) => !applied.has(name));
}

function requireFolder({ migrations, title }: Target): void {
  if (!existsSync(migrations.dir)) throw new CommandError(`there is no folder ${migrations.dir}; nano d1 migrations create ${title} NAME makes it`);
}

const create: Command = {
  name: 'd1 migrations create',
  summary: 'Makes an empty migration.',
  usage: 'DATABASE NAME',
  positionals: 2,
  options: TARGET_OPTIONS,
  run: async (input) => {
    const message = input.positionals[1];
    if (message === undefined) throw new UsageError('what does the migration do? nano d1 migrations create DATABASE NAME');
    const { migrations } = await target(input);
    mkdirSync(migrations.dir, { recursive: true });
    const last = Math.max(0, ...readdirSync(migrations.dir).map((name) => Number.parseInt(/^\d+/.exec(name)?.[0] ?? '0', 10)));
    const number = String(last + 1).padStart(NUMBER_DIGITS, '0');
    const file = join(migrations.dir, `${number}_${message.replaceAll(/[\s/\\]+/g, '_')}.sql`);
    writeFileSync(file, `-- Migration number: ${number} \t ${new Date().toISOString()}\n`, { flag: 'wx' });
    print(`${file} was made: write its SQL there`);
    return 0;
  },
};

const list: Command = {
  name: 'd1 migrations list',
  summary: 'Lists migrations that were not applied yet.',
  usage: 'DATABASE',
  positionals: 1,
  options: TARGET_OPTIONS,
  run: async (input) => {
    const where = await target(input);
    requireFolder(where);
    const waiting = await open(input, where, (database) => unapplied(where, database));
    print(waiting.length === 0 ? `${where.title}: no migration is to be applied` : `${where.title}: to be applied`);
    for (const name of waiting) print(`  ${name}`);
    return 0;
  },
};

const apply: Command = {
  name: 'd1 migrations apply',
  summary: 'Applies migrations that were not applied yet.',
  usage: 'DATABASE',
  description: 'Each is applied as a whole or not at all; the first that fails ends the command.',
  positionals: 1,
  options: { ...YES, ...TARGET_OPTIONS },
  run: async (input) => {
    const where = await target(input);
    requireFolder(where);
    return open(input, where, async (database) => {
      const waiting = await unapplied(where, database);
      if (waiting.length === 0) print(`${where.title}: no migration is to be applied`);
      for (const name of waiting) await applyOne(where, database, name);
      return 0;
    });
  },
};

async function applyOne({ migrations, title }: Target, database: Database, name: string): Promise<void> {
  const sql = readFileSync(join(migrations.dir, name), 'utf8');
  try {
    await database.script(`${sql}\n;INSERT INTO ${quoteName(migrations.table)} (name) VALUES (${quoteText(name)});`);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new CommandError(`${title}: ${name} was not applied: ${error.message}`);
  }
  print(`${title}: ${name} was applied`);
}

export const migrationsGroup: CommandGroup = {
  name: 'd1 migrations',
  summary: 'Brings the schema of a D1 database up to date.',
  commands: [create, list, apply].map(entry),
};
