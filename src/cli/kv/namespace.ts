/** `nano kv namespace list` */
import { resolve } from 'node:path';
import { isApp } from '../../config/find-app.ts';
import { readWorkerConfig } from '../../config/worker.ts';
import { DEFAULT_GROUP } from '../../server/app-record.ts';
import { listNamespaces } from '../../server/local-kv.ts';
import { type Command, type CommandGroup, entry, type Parsed } from '../command.ts';
import { workerOptions } from '../options.ts';
import { DATA_OPTIONS, dataDirOf } from './target.ts';

type Row = { id: string; title: string; group: string };

const list: Command = {
  name: 'kv namespace list',
  summary: "Lists the namespaces of a data folder and those of the app's bindings, as JSON.",
  usage: '',
  positionals: 0,
  options: DATA_OPTIONS,
  run: async (input) => {
    process.stdout.write(`${JSON.stringify(rows(input), null, 2)}\n`);
    return 0;
  },
};

function rows(input: Parsed): Row[] {
  const root = resolve(input.text('app') ?? '.');
  const config = isApp(root) ? readWorkerConfig(root, workerOptions(input)) : undefined;
  const found = new Map<string, Row>();
  const add = (id: string, group: string, title: string): void => void found.set(`${group}\n${id}`, { id, title, group });
  for (const { id, group } of listNamespaces(dataDirOf(input, config?.projectDir ?? root))) add(id, group, id);
  for (const { type, name, options } of config?.bindings ?? []) {
    if (type === 'kv') add(String(options['id']), config?.trustGroup ?? DEFAULT_GROUP, `${config?.name}-${name}`);
  }
  return [...found.values()];
}

export const namespaceGroup: CommandGroup = { name: 'kv namespace', summary: 'Shows which KV namespaces there are.', commands: [entry(list)] };
