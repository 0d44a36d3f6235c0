/** The command line's entry: finds the command, parses its options, turns what goes wrong into a message and an exit code. */
import { visible } from '../base/visible.ts';
import { ConfigError } from '../config/problem.ts';
import { packageVersion } from '../server/package-version.ts';
import { type Command, CommandError, type CommandGroup, isGroup, UsageError } from './command.ts';
import { COMMANDS } from './commands.ts';
import { commandHelp, groupHelp, mainHelp } from './help.ts';
import { parseCommand, unknown } from './parse.ts';

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
  process.stderr.write(`nano: ${visible(message)}\n${hint === undefined ? '' : `${hint}\n`}`);
  return code;
}
