/** A command is a value: its name, its options with their help, and what it does; a group is a list of them. Nothing registers itself. */
import { visible, visibleJson } from '../base/visible.ts';

export type OptionSpec = {
  type: 'string' | 'boolean';
  help: string;
  short?: string;
  /** What stands for the value in the help: "PORT". */
  value?: string;
  multiple?: boolean;
};

export type Parsed = {
  positionals: readonly string[];
  /** The value of a string option; of the last one, if it was given more than once. */
  text(name: string): string | undefined;
  /** All values of an option that may be repeated. */
  list(name: string): readonly string[];
  flag(name: string): boolean;
};

export type Command = {
  /** All of its words: "build", "kv key put". */
  name: string;
  summary: string;
  /** What follows the command's name: "[DIR]". */
  usage: string;
  /** More for `--help`, below the options. */
  description?: string;
  options: Readonly<Record<string, OptionSpec>>;
  /** The most positional arguments. */
  positionals: number;
  /** @returns the exit code: 0 done, 1 the work failed, 2 the command line or configuration is wrong */
  run(input: Parsed): Promise<number>;
};

/** A word that stands for several commands: `nano kv`, `nano kv key`. Groups may hold groups. */
export type CommandGroup = {
  /** All of its words: "kv", "kv key". */
  name: string;
  summary: string;
  /** More for `--help`, below the commands. */
  description?: string;
  commands: readonly CommandEntry[];
};

/** A command or group before it is loaded, so that `nano eval` need not wait for a server's code. */
export type CommandEntry = {
  /** The word that picks it: "put". */
  name: string;
  /** What follows the word, for the list of commands. */
  usage: string;
  summary: string;
  load(): Promise<Command | CommandGroup>;
};

/** A command of a group. */
export function entry(command: Command): CommandEntry {
  return { name: wordOf(command), usage: command.usage, summary: command.summary, load: async () => command };
}

/** A group of a group. */
export function groupEntry(group: CommandGroup): CommandEntry {
  return { name: wordOf(group), usage: group.commands.map(({ name }) => name).join('|'), summary: group.summary, load: async () => group };
}

const wordOf = ({ name }: { name: string }): string => name.slice(name.lastIndexOf(' ') + 1);

/** A line of what a command is asked for. Names and texts in it are tenants': none steers a terminal. */
export function print(line: string): void {
  process.stdout.write(`${visible(line)}\n`);
}

/** JSON that a command is asked for. @param indent by so many spaces */
export function printJson(value: unknown, indent?: number): void {
  process.stdout.write(`${jsonText(value, indent)}\n`);
}

/** JSON as it may go to a terminal. */
export function jsonText(value: unknown, indent?: number): string {
  return visibleJson(JSON.stringify(value, undefined, indent));
}

export function isGroup(command: Command | CommandGroup): command is CommandGroup {
  return 'commands' in command;
}

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The work failed for a reason that the message says in full: exit code 1, no stack. */
export class CommandError extends Error {
  override name = 'CommandError';
}
