/** A command is a value: its name, its options with their help, and what it does. Nothing registers itself. */

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

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The work failed for a reason that the message says in full: exit code 1, no stack. */
export class CommandError extends Error {
  override name = 'CommandError';
}
