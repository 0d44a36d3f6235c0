/** `nano d1`: D1 databases of a data folder or a running server. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type D1Result, type DatabaseRow, databaseFileName } from '../../server/data/d1.ts';
import { DEFAULT_GROUP } from '../../server/app-record.ts';
import { type Command, CommandError, type CommandGroup, entry, groupEntry, print, printJson, UsageError } from '../command.ts';
import { streamOf, valueOf, whereOf, withData } from '../data/data.ts';
import { writeToFile } from '../data/write-file.ts';
import { migrationsGroup } from './migrations.ts';
import { table } from './table.ts';
import { boundDatabases, dataDirOf, open, TARGET_OPTIONS, target, YES } from './target.ts';

const execute: Command = {
  name: 'd1 execute',
  summary: 'Runs SQL in a database.',
  usage: 'DATABASE --command SQL | --file FILE',
  description: 'All statements are one transaction: when one fails, none was run.',
  positionals: 1,
  options: {
    command: { type: 'string', value: 'SQL', help: 'the SQL, one statement or several' },
    file: { type: 'string', value: 'FILE', help: 'a file of SQL' },
    json: { type: 'boolean', help: 'print JSON' },
    ...YES,
    ...TARGET_OPTIONS,
  },
  run: async (input) => {
    const [command, file] = [input.text('command'), input.text('file')];
    if ((command === undefined) === (file === undefined)) throw new UsageError('what is to be run? --command SQL or --file FILE');
    const sql = command ?? read(file ?? '');
    // In there: a server may answer anything.
    const answers = await open(input, await target(input), async (database) => answersOf(await database.script(sql)));
    if (input.flag('json')) printJson(answers, 2);
    else for (const { results: rows, meta } of answers) print(rows.length > 0 ? table(rows) : `${meta.changes} rows changed`);
    return 0;
  },
};

type Answer = { results: Record<string, unknown>[]; success: true; meta: D1Result['meta'] };

function answersOf(results: readonly D1Result[]): Answer[] {
  return results.map(({ meta, results: { columns, rows } }) => ({
    results: rows.map((row) => Object.fromEntries(row.map((cell, at) => [columns[at] ?? '', cell]))),
    success: true,
    meta,
  }));
}

const exportCommand: Command = {
  name: 'd1 export',
  summary: 'Writes a database as SQL that makes it again.',
  usage: 'DATABASE --output FILE',
  positionals: 1,
  options: {
    output: { type: 'string', value: 'FILE', help: 'where to; - for standard output' },
    table: { type: 'string', multiple: true, value: 'NAME', help: 'only this table; can be repeated' },
    'no-schema': { type: 'boolean', help: 'rows only' },
    'no-data': { type: 'boolean', help: 'tables only' },
    ...TARGET_OPTIONS,
  },
  run: async (input) => {
    const output = input.text('output');
    if (output === undefined) throw new UsageError('where to? --output FILE');
    const where = await target(input);
    const options = { id: where.id, tables: input.list('table'), schema: !input.flag('no-schema'), data: !input.flag('no-data') };
    await open(input, where, async ({ data }) => {
      const statements = streamOf(await data.call('d1/export', options));
      if (output === '-') await pipeline(statements, process.stdout, { end: false });
      else await writeToFile(statements, output);
    });
    return 0;
  },
};

const list: Command = {
  name: 'd1 list',
  summary: "Lists the databases of a data folder or server and those of the app's bindings.",
  usage: '',
  positionals: 0,
  options: { json: { type: 'boolean', help: 'print JSON' }, ...TARGET_OPTIONS },
  run: async (input) => {
    const { config, databases } = await boundDatabases(input);
    const dataDir = dataDirOf(input, config);
    const found = await withData(input, { dataDir, group: DEFAULT_GROUP }, async (data) => {
      const stored = valueOf<DatabaseRow[]>(await data.call('d1/databases', {}));
      return new Map(stored.map(({ name, group, bytes, file }) => [file, { id: name, name, binding: '', group, bytes }]));
    });
    for (const { binding, id, name, group } of databases) {
      const file = databaseFileName(group, id);
      found.set(file, { id, name, binding, group, bytes: found.get(file)?.bytes ?? 0 });
    }
    const rows = [...found.values()];
    if (input.flag('json')) printJson(rows, 2);
    else print(rows.length === 0 ? `there is no database in ${whereOf(input, dataDir)}` : table(rows));
    return 0;
  },
};

const TABLES =
  "SELECT count(*) AS tables FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '!_cf!_%' ESCAPE '!'";

const info: Command = {
  name: 'd1 info',
  summary: 'Shows one database in numbers.',
  usage: 'DATABASE',
  positionals: 1,
  options: { json: { type: 'boolean', help: 'print JSON' }, ...TARGET_OPTIONS },
  run: async (input) => {
    const where = await target(input);
    const file = databaseFileName(where.group, where.id);
    const row = await open(input, where, async ({ data, script }) => {
      const stored = valueOf<DatabaseRow[]>(await data.call('d1/databases', {})).find((one) => one.file === file);
      // To look must not make it.
      if (stored === undefined) throw new CommandError(`there is no database ${where.title} in ${whereOf(input, where.dataDir)} yet`);
      const tables = Number((await script(TABLES))[0]?.results.rows[0]?.[0] ?? 0);
      return { id: where.id, name: where.name ?? stored.name, group: where.group, tables, bytes: stored.bytes };
    });
    if (input.flag('json')) printJson(row, 2);
    else print(table([row]));
    return 0;
  },
};

function read(file: string): string {
  try {
    return readFileSync(resolve(file), 'utf8');
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export const d1Group: CommandGroup = {
  name: 'd1',
  summary: 'Looks after the D1 databases of a data folder, whether a server runs on it or not, or of a running server.',
  commands: [entry(execute), groupEntry(migrationsGroup), entry(exportCommand), entry(list), entry(info)],
};
