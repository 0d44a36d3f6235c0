/** `nano kv`: KV namespaces of a data folder, whether a server runs on it or not. */
import type { CommandEntry, CommandGroup } from '../command.ts';
import { bulkGroup } from './bulk.ts';
import { keyGroup } from './key.ts';
import { namespaceGroup } from './namespace.ts';

const group = (one: CommandGroup): CommandEntry => ({
  name: one.name.split(' ').at(-1) as string,
  usage: one.commands.map(({ name }) => name).join('|'),
  summary: one.summary,
  load: async () => one,
});

export const kvGroup: CommandGroup = {
  name: 'kv',
  summary: 'Looks after the KV namespaces of a data folder, whether a server runs on it or not.',
  commands: [keyGroup, bulkGroup, namespaceGroup].map(group),
};
