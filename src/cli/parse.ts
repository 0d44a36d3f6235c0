/** Command lines to values: strict, with a suggestion for what was probably meant. */
import { parseArgs } from 'node:util';
import { nearest } from '../config/nearest.ts';
import { type Command, type OptionSpec, type Parsed, UsageError } from './command.ts';

const HELP: OptionSpec = { type: 'boolean', short: 'h', help: 'show this' };

/** All options of a command, `--help` included. */
export function optionsOf(command: Command): Readonly<Record<string, OptionSpec>> {
  return { ...command.options, help: HELP };
}

/** @throws UsageError */
export function parseCommand(command: Command, args: readonly string[]): Parsed {
  const options = optionsOf(command);
  const guarded = args.map(guard);
  const { tokens } = parseArgs({ args: guarded, options: plainOptions(options), strict: false, allowPositionals: true, tokens: true });
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(unguard(token.value));
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (spec === undefined) throw unknownOption(token.rawName, Object.keys(options));
    const value = token.value === undefined ? undefined : unguard(token.value);
    if (spec.type === 'boolean' && value !== undefined) throw new UsageError(`--${token.name} takes no value`);
    if (spec.type === 'string' && (value === undefined || (token.inlineValue === false && value.startsWith('--'))))
      throw new UsageError(`--${token.name} needs a value: --${token.name} ${spec.value ?? 'VALUE'}`);
    values.set(token.name, [...(values.get(token.name) ?? []), value ?? 'true']);
  }
  if (positionals.length > command.positionals && !values.has('help'))
    throw new UsageError(`there is nothing to do with ${JSON.stringify(positionals[command.positionals])}`);
  return {
    positionals,
    text: (name) => values.get(name)?.at(-1),
    list: (name) => values.get(name) ?? [],
    flag: (name) => values.has(name),
  };
}

/** "unknown …; did you mean …?" */
export function unknown(what: string, name: string, known: readonly string[]): string {
  const close = nearest(name, known);
  return `unknown ${what} ${JSON.stringify(name)}${close === undefined ? '' : `; did you mean ${JSON.stringify(close)}?`}`;
}

function unknownOption(raw: string, known: readonly string[]): UsageError {
  return new UsageError(
    unknown(
      'option',
      raw,
      known.map((name) => `--${name}`),
    ),
  );
}

/** `nano eval "-1 + 2"`: no option starts with a dash and something that is no letter. */
function guard(argument: string): string {
  return /^-[^-a-zA-Z]/.test(argument) ? `\0${argument}` : argument;
}

function unguard(argument: string): string {
  return argument.startsWith('\0') ? argument.slice(1) : argument;
}

function plainOptions(options: Readonly<Record<string, OptionSpec>>): Record<string, { type: 'string' | 'boolean'; short?: string; multiple: boolean }> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { type, short }]) => [name, { type, multiple: true, ...(short === undefined ? {} : { short }) }]),
  );
}
