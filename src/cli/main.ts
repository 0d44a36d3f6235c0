/** The command line's entry: finds the command, parses its options, turns what goes wrong into a message and an exit code. */
import { ConfigError } from '../config/problem.ts';
import { packageVersion } from '../server/package-version.ts';
import { type Command, type CommandEntry, CommandError, type CommandGroup, isGroup, UsageError } from './command.ts';
import { commandHelp, groupHelp, mainHelp } from './help.ts';
import { parseCommand, unknown } from './parse.ts';

const COMMANDS: readonly CommandEntry[] = [
  { name: 'eval', usage: 'CODE', summary: 'evaluate in a fresh isolate and print the result', load: async () => (await import('./eval.ts')).evalCommand },
  { name: 'repl', usage: '[DIR]', summary: 'the same, line by line', load: async () => (await import('./repl.ts')).replCommand },
  { name: 'dev', usage: '[DIR|FILE]', summary: 'run one app with hot reload', load: async () => (await import('./dev.ts')).devCommand },
  { name: 'serve', usage: '[DIR]', summary: 'serve every app of a folder', load: async () => (await import('./serve.ts')).serveCommand },
  {
    name: 'trigger',
    usage: 'scheduled [APP]',
    summary: 'run a handler of an app on a running server',
    load: async () => (await import('./trigger.ts')).triggerCommand,
  },
  {
    name: 'queues',
    usage: 'list|info|purge|…',
    summary: 'look after the queues of a data folder or server',
    load: async () => (await import('./queues.ts')).queuesCommand,
  },
  { name: 'r2', usage: 'bucket|object|token', summary: 'look after buckets, and keys for S3 clients', load: async () => (await import('./r2.ts')).r2Command },
  {
    name: 'd1',
    usage: 'execute|migrations|export|list',
    summary: 'look after D1 databases of a data folder or server',
    load: async () => (await import('./d1/d1.ts')).d1Group,
  },
  { name: 'secret', usage: 'put|list|delete|…', summary: 'look after the secrets of apps', load: async () => (await import('./secret.ts')).secretGroup },
  { name: 'backup', usage: 'OUT', summary: 'copy the data of a server, running or not', load: async () => (await import('./backup.ts')).backupCommand },
  { name: 'restore', usage: 'FROM', summary: 'make a data folder from a copy', load: async () => (await import('./backup.ts')).restoreCommand },
  { name: 'build', usage: '[DIR|FILE]', summary: 'bundle an app', load: async () => (await import('./build.ts')).buildCommand },
  {
    name: 'kv',
    usage: 'key|bulk|namespace …',
    summary: 'look after KV namespaces of a data folder or server',
    load: async () => (await import('./kv/kv.ts')).kvGroup,
  },
];

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  const [name] = args;
  if (name === '--version' || name === '-v') return print(`${packageVersion()}\n`);
  if (name === 'help') return helpFor(args.slice(1));
  const { command, rest, words } = await find(args);
  // A group, or nano itself, does nothing but list what it has.
  if (command === undefined || isGroup(command)) {
    const [word] = rest;
    if (word === '--help' || word === '-h' || (word === undefined && command === undefined)) return print(helpText(command));
    const names = (command?.commands ?? COMMANDS).map((one) => one.name);
    const problem = word === undefined ? `${words} needs a command: ${names.join(', ')}` : unknown(word.startsWith('-') ? 'option' : 'command', word, names);
    return fail(2, problem, `${words} --help lists the commands`);
  }
  try {
    const input = parseCommand(command, rest);
    if (input.flag('help')) return print(commandHelp(command));
    return await command.run(input);
  } catch (error) {
    return report(error, command);
  }
}

type Found = { command: Command | CommandGroup | undefined; rest: readonly string[]; words: string };

/** Follows the words as far as they name groups and a command. */
async function find(args: readonly string[]): Promise<Found> {
  let command: Command | CommandGroup | undefined;
  for (let at = 0; ; at++) {
    const found: Found = { command, rest: args.slice(at), words: ['nano', ...args.slice(0, at)].join(' ') };
    if (command !== undefined && !isGroup(command)) return found;
    const entry = (command?.commands ?? COMMANDS).find((one) => one.name === args[at]);
    if (entry === undefined) return found;
    command = await entry.load();
  }
}

async function helpFor(args: readonly string[]): Promise<number> {
  const { command } = await find(args);
  return print(helpText(command));
}

function helpText(command: Command | CommandGroup | undefined): string {
  if (command === undefined) return mainHelp(COMMANDS);
  return isGroup(command) ? groupHelp(command) : commandHelp(command);
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function report(error: unknown, command: Command): number {
  const colour = process.stderr.isTTY && (process.env['NO_COLOR'] ?? '') === '';
  if (error instanceof UsageError) return fail(2, error.message, `nano ${command.name} --help lists the options`);
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.format({ colour })}\n`);
    return 2;
  }
  if (error instanceof CommandError) return fail(1, error.message);
  throw error;
}

function fail(code: number, message: string, hint?: string): number {
  process.stderr.write(`nano: ${message}\n${hint === undefined ? '' : `${hint}\n`}`);
  return code;
}
