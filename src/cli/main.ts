/** The command line's entry: finds the command, parses its options, turns what goes wrong into a message and an exit code. */
import { ConfigError } from '../config/problem.ts';
import { packageVersion } from '../server/package-version.ts';
import { type Command, CommandError, UsageError } from './command.ts';
import { commandHelp, mainHelp } from './help.ts';
import { parseCommand, unknown } from './parse.ts';

type Entry = { name: string; usage: string; summary: string; load(): Promise<Command> };

/** Commands are loaded when they are asked for: `nano eval` must not wait for a server's code. */
const COMMANDS: readonly Entry[] = [
  { name: 'eval', usage: 'CODE', summary: 'evaluate in a fresh isolate and print the result', load: async () => (await import('./eval.ts')).evalCommand },
  { name: 'repl', usage: '[DIR]', summary: 'the same, line by line', load: async () => (await import('./repl.ts')).replCommand },
  { name: 'dev', usage: '[DIR|FILE]', summary: 'run one app with hot reload', load: async () => (await import('./dev.ts')).devCommand },
  { name: 'serve', usage: '[DIR]', summary: 'serve every app of a folder', load: async () => (await import('./serve.ts')).serveCommand },
  { name: 'build', usage: '[DIR|FILE]', summary: 'bundle an app', load: async () => (await import('./build.ts')).buildCommand },
];

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return help(rest[0]);
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${packageVersion()}\n`);
    return 0;
  }
  const entry = COMMANDS.find((one) => one.name === name);
  if (entry === undefined)
    return fail(
      2,
      unknown(
        name.startsWith('-') ? 'option' : 'command',
        name,
        COMMANDS.map((one) => one.name),
      ),
      'nano --help lists the commands',
    );
  const command = await entry.load();
  try {
    const input = parseCommand(command, rest);
    if (input.flag('help')) {
      process.stdout.write(commandHelp(command));
      return 0;
    }
    return await command.run(input);
  } catch (error) {
    return report(error, command);
  }
}

async function help(name: string | undefined): Promise<number> {
  const entry = COMMANDS.find((one) => one.name === name);
  process.stdout.write(entry === undefined ? mainHelp(COMMANDS) : commandHelp(await entry.load()));
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
