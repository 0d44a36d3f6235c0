/** Log levels, from most to least talkative. `none` writes nothing. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'none'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether `name` is a level; wrangler's `log` counts as `info`. */
export function parseLevel(name: string): LogLevel | undefined {
  if (name === 'log') return 'info';
  return LOG_LEVELS.find((level) => level === name);
}

/** Whether a line of `level` is written where the threshold is `threshold`. */
export function isEnabled(level: LogLevel, threshold: LogLevel): boolean {
  return level !== 'none' && LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(threshold);
}
