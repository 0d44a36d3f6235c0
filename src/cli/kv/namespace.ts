/** `nano kv namespace list` */
import type { NamespaceRow } from '../../server/data/kv.ts';
import { type Command, type CommandGroup, entry, printJson } from '../command.ts';
import { valueOf, withData } from '../data/data.ts';
import { appOf, DATA_OPTIONS } from './target.ts';

type Row = { id: string; title: string; group: string };

const list: Command = {
  name: 'kv namespace list',
  summary: "Lists the namespaces of a data folder or server and those of the app's bindings, as JSON.",
  usage: '',
  positionals: 0,
  options: DATA_OPTIONS,
  run: async (input) => {
    const { title: app, namespaces, ...place } = await appOf(input, false);
    const found = new Map<string, Row>();
    const add = (id: string, group: string, title: string): void => void found.set(`${group}\n${id}`, { id, title, group });
    await withData(input, place, async (data) => {
      for (const { id, group } of valueOf<NamespaceRow[]>(await data.call('kv/namespaces', {}))) add(id, group, id);
    });
    for (const { name, id } of namespaces) add(id, place.group, `${app}-${name}`);
    printJson([...found.values()], 2);
    return 0;
  },
};

export const namespaceGroup: CommandGroup = { name: 'kv namespace', summary: 'Shows which KV namespaces there are.', commands: [entry(list)] };
