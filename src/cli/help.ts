/** What `--help` prints. */
import type { Command, CommandEntry, CommandGroup, OptionSpec } from './command.ts';
import { optionsOf } from './parse.ts';

export function commandHelp(command: Command): string {
  const rows = Object.entries(optionsOf(command)).map(([name, spec]): [string, string] => [optionText(name, spec), spec.help]);
  const usage = `Usage: nano ${command.name}${command.usage === '' ? '' : ` ${command.usage}`} [options]`;
  return `${[usage, `\n${command.summary}`, `\nOptions:\n${columns(rows)}`, ...(command.description === undefined ? [] : [`\n${command.description}`])].join('\n')}\n`;
}

export function groupHelp({ name, summary, description, commands }: CommandGroup): string {
  const rows = commandRows(`nano ${name}`, commands);
  const parts = [`Usage: nano ${name} COMMAND`, `\n${summary}`, `\nCommands:\n${columns(rows)}`, ...(description === undefined ? [] : [`\n${description}`])];
  return `${parts.join('\n')}\n`;
}

export function mainHelp(commands: readonly CommandEntry[]): string {
  const rows = commandRows('nano', commands);
  rows.push(['nano COMMAND --help', 'show the options of a command'], ['nano --version', 'show the version']);
  return `NANO hosts Cloudflare-Workers-compatible apps, each in its own V8 isolate.\n\n${columns(rows)}\n`;
}

function commandRows(words: string, commands: readonly CommandEntry[]): [string, string][] {
  return commands.map(({ name, usage, summary }) => [`${words} ${name} ${usage}`.trimEnd(), summary]);
}

function optionText(name: string, { short, value, type }: OptionSpec): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${type === 'string' ? ` ${value ?? 'VALUE'}` : ''}`;
}

function columns(rows: readonly [string, string][]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
