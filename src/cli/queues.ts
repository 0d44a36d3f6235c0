/** `nano queues`: what is in the queues of a data folder or of a running server. */
import { resolve } from 'node:path';
import { DEFAULT_GROUP } from '../server/app-record.ts';
import type { QueueInfo, QueueRow } from '../server/data/queues.ts';
import { type Command, CommandError, type CommandGroup, entry, type OptionSpec, type Parsed, print, printJson, UsageError } from './command.ts';
import { SERVER_OPTIONS, valueOf, whereOf, withData } from './data/data.ts';

const OPTIONS: Readonly<Record<string, OptionSpec>> = {
  data: { type: 'string', value: 'DIR', help: 'data folder (.nano)' },
  group: { type: 'string', value: 'NAME', help: 'trust group whose queues are meant (default)' },
  ...SERVER_OPTIONS,
  json: { type: 'boolean', help: 'print JSON' },
  force: { type: 'boolean', help: 'without effect: nothing is asked' },
};

function command(
  name: string,
  summary: string,
  description: string | undefined,
  run: (call: Call, queue: string, input: Parsed) => Promise<void>,
  needsQueue = true,
): Command {
  return {
    name: `queues ${name}`,
    summary,
    usage: needsQueue ? 'QUEUE' : '',
    positionals: needsQueue ? 1 : 0,
    options: OPTIONS,
    ...(description === undefined ? {} : { description }),
    run: async (input) => {
      const [queue = ''] = input.positionals;
      if (needsQueue && queue === '') throw new UsageError(`which queue? nano queues ${name} QUEUE`);
      const place = { dataDir: dataDirOf(input), group: input.text('group') ?? DEFAULT_GROUP };
      await withData(input, place, (data) => run(async (operation, args) => valueOf(await data.call(`queues/${operation}`, args)), queue, input));
      return 0;
    },
  };
}

const dataDirOf = (input: Parsed): string => resolve(input.text('data') ?? '.nano');

type Call = <Value>(operation: string, args: Readonly<Record<string, unknown>>) => Promise<Value>;

const list = command(
  'list',
  'Lists queues, with the number of messages and their size.',
  undefined,
  async (call, _queue, input) => {
    const rows = await call<QueueRow[]>('list', {});
    if (input.flag('json')) return printJson(rows);
    if (rows.length === 0) throw new CommandError(`there are no queues in ${whereOf(input, dataDirOf(input))}`);
    for (const { name, count, bytes, paused } of rows) print(`${name}  ${count} messages  ${bytes} bytes${paused ? '  paused' : ''}`);
  },
  false,
);

const info = command('info', 'Shows one queue in numbers.', undefined, async (call, queue, input) => {
  const found = await call<QueueInfo>('info', { queue });
  if (input.flag('json')) return printJson(found);
  print(`${found.name}${found.paused ? ' (paused)' : ''}`);
  print(`messages: ${found.count}, ${found.bytes} bytes`);
  print(`being worked on: ${found.leased}, waiting for their time: ${found.delayed}`);
  if (found.oldest !== null) print(`oldest: ${new Date(found.oldest).toISOString()}, most attempts: ${found.attempts}`);
});

const purge = command('purge', 'Drops all messages of a queue that nobody is working on.', undefined, async (call, queue) => {
  print(`${await call<number>('purge', { queue })} messages dropped`);
});

const pause = (word: string, description: string): Command =>
  command(word, 'Holds a queue: messages are taken in and not delivered.', description, async (call, queue) => {
    await call('pause', { queue, paused: true });
    print(`${queue} is paused`);
  });

const resume = (word: string, description?: string): Command =>
  command(word, 'Lets a held queue go on.', description, async (call, queue) => {
    await call('pause', { queue, paused: false });
    print(`${queue} goes on`);
  });

/** What wrangler calls them. */
const WRANGLER = [pause('pause-delivery', "The same as pause: wrangler's word."), resume('resume-delivery', "The same as resume: wrangler's word.")];

export const queuesGroup: CommandGroup = {
  name: 'queues',
  summary: 'Looks after the queues of a data folder, whether a server runs on it or not, or of a running server.',
  commands: [list, info, purge, pause('pause', 'A running server notices at its next batch.'), resume('resume'), ...WRANGLER].map(entry),
};
