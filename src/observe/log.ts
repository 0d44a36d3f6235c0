/**
 * Structured log: one JSON line per event on standard output, or readable text on a terminal.
 *
 * Contract: a line has `level`, `time` (ISO 8601), `msg` and fields. Lines come out whole and in order
 * per process; the process's end writes what is buffered.
 */
import { isatty } from 'node:tty';
import { pino } from 'pino';
import { isEnabled, type LogLevel, parseLevel } from './level.ts';
import { LineWriter } from './line-writer.ts';
import { prettyLine } from './pretty.ts';
import { visibleJson } from '../base/visible.ts';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  readonly level: LogLevel;
  /** Written for a person, not for machines. */
  readonly isPretty: boolean;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Whether lines of this level are written. */
  enabled(level: LogLevel): boolean;
  /** A finished JSON line with its line break, for hot paths that build their own. */
  raw(line: string): void;
  flush(): Promise<void>;
  /** Writes what is buffered, at once. */
  flushSync(): void;
}

export type LogOptions = {
  /** Unknown names count as `info`. */
  level?: string;
  /** Default: whether the descriptor is a terminal. */
  pretty?: boolean;
  /** Default: NO_COLOR is not set. */
  colors?: boolean;
  /** Default 1, standard output. */
  fd?: number;
  /** Where lines go instead of `fd`. */
  write?: (line: string) => void;
};

export function createLog(options: LogOptions = {}): Log {
  const level = parseLevel(options.level ?? 'info') ?? 'info';
  const fd = options.fd ?? 1;
  const pretty = options.pretty ?? (options.write === undefined && isatty(fd));
  const colors = options.colors ?? (process.env['NO_COLOR'] ?? '') === '';
  const writer = options.write === undefined ? new LineWriter(fd) : undefined;
  const sink = options.write ?? ((line: string): void => writer?.write(line));
  const write = pretty ? (line: string): void => sink(prettyLine(line, { colors })) : (line: string): void => sink(visibleJson(line));
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  const none: LogFields = {};
  return {
    level,
    isPretty: pretty,
    debug: (message, fields = none) => logger.debug(fields, message),
    info: (message, fields = none) => logger.info(fields, message),
    warn: (message, fields = none) => logger.warn(fields, message),
    error: (message, fields = none) => logger.error(fields, message),
    enabled: (asked) => isEnabled(asked, level),
    raw: write,
    flush: () => writer?.flush() ?? Promise.resolve(),
    flushSync: () => writer?.flushSync(),
  };
}
