/** Command lines of the programs beside the server: what one does not know is said, with how it is used, and ends it with 2. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

export function commandLine<T extends ParseArgsConfig>(usage: string, config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    return wrongUsage(usage, error instanceof Error ? error.message : String(error));
  }
}

/** @returns the number that an option has, which is not below `least` */
export function numberOption(usage: string, name: string, text: string, least = 0): number {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) && number >= least ? number : wrongUsage(usage, `--${name} is "${text}": a number from ${least} on is expected.`);
}

export function wrongUsage(usage: string, message: string): never {
  process.stderr.write(`${message}\n\n${usage.trimEnd()}\n`);
  process.exit(2);
}
