/** Log levels, from most to least talkative. `silent` writes nothing. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether `name` is a level; wrangler's `log` and `none` are understood. */
export function parseLevel(name: string): LogLevel | undefined {
  if (name === 'log') return 'info';
  if (name === 'none') return 'silent';
  return LOG_LEVELS.find((level) => level === name);
}

/** Whether a line of `level` is written where the threshold is `threshold`. */
export function isEnabled(level: LogLevel, threshold: LogLevel): boolean {
  return level !== 'silent' && LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(threshold);
}
