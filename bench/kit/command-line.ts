/** Command lines of the programs beside the server: what one does not know is said, with how it is used, and ends it with 2. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** What `parseArgs` makes of the command line of this process. */
export function commandLine<T extends ParseArgsConfig>(usage: string, config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    return wrongUsage(usage, error instanceof Error ? error.message : String(error));
  }
}

/** @returns how much an option says: more than nothing */
export function amountOption(usage: string, name: string, text: string): number {
  const amount = Number(text);
  return Number.isFinite(amount) && amount > 0 ? amount : wrongUsage(usage, `--${name} is "${text}": a number above 0 is expected.`);
}

/** @returns how many, or which, an option says: a whole number that is not below `least` */
export function wholeOption(usage: string, name: string, text: string, least = 0): number {
  const whole = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isSafeInteger(whole) && whole >= least ? whole : wrongUsage(usage, `--${name} is "${text}": a whole number from ${least} on is expected.`);
}

export function wrongUsage(usage: string, message: string): never {
  process.stderr.write(`${message}\n\n${usage.trimEnd()}\n`);
  process.exit(2);
}
