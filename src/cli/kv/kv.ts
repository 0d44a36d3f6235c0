/** `nano kv`: KV namespaces of a data folder, whether a server runs on it or not, or of a running server. */
import { type CommandGroup, groupEntry } from '../command.ts';
import { bulkGroup } from './bulk.ts';
import { keyGroup } from './key.ts';
import { namespaceGroup } from './namespace.ts';

export const kvGroup: CommandGroup = {
  name: 'kv',
  summary: 'Looks after the KV namespaces of a data folder, whether a server runs on it or not, or of a running server.',
  commands: [keyGroup, bulkGroup, namespaceGroup].map(groupEntry),
};
