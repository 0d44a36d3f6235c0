/**
 * Cron expressions in Cloudflare's dialect, and the minutes they name.
 *
 * Five fields: minute, hour, day of the month, month, day of the week; UTC. Weekdays count from 1, Sunday, to 7,
 * Saturday. Where both kinds of day are given (neither is `*`), either will do. A range may wrap: `22-4`, `FRI-MON`.
 * The grammar is that of Cloudflare's own parser; `L-nW` is taken for what it says, the weekday nearest to that day.
 * @see https://developers.cloudflare.com/workers/configuration/cron-triggers/#supported-cron-expressions
 * @see https://github.com/cloudflare/saffron
 */
import { type DayRule, parseMonthDays, parseWeekDays } from './cron-days.ts';
import { CronError, parseField } from './cron-field.ts';

export { CronError } from './cron-field.ts';

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Within so many days whatever can come does: weekdays and leap years repeat after 40 years at most. */
const HORIZON_DAYS = 41 * 366;

export class Cron {
  readonly text: string;
  readonly #minutes: ReadonlySet<number>;
  readonly #hours: ReadonlySet<number>;
  readonly #months: ReadonlySet<number>;
  readonly #monthDays: DayRule;
  readonly #weekDays: DayRule;

  /** @throws CronError */
  constructor(text: string) {
    const fields = text.split(/[ \t]+/);
    if (fields.length !== 5) throw new CronError(`it has ${fields.length} fields where there are five: minute, hour, day of the month, month, day of the week`);
    const [minutes, hours, monthDays, months, weekDays] = fields as [string, string, string, string, string];
    this.text = text;
    this.#minutes = parseField(minutes, { what: 'a minute', min: 0, max: 59 });
    this.#hours = parseField(hours, { what: 'an hour', min: 0, max: 23 });
    this.#monthDays = parseMonthDays(monthDays);
    this.#months = parseField(months, { what: 'a month', min: 1, max: 12, names: MONTHS });
    this.#weekDays = parseWeekDays(weekDays);
  }

  /** Does it name the minute that a time (milliseconds since 1970) is in? */
  matches(time: number): boolean {
    const date = new Date(time);
    return this.#minutes.has(date.getUTCMinutes()) && this.#hours.has(date.getUTCHours()) && this.#hasDay(date);
  }

  /** The first minute named that begins after a time; undefined where none ever comes (31 November). */
  next(after: number): number | undefined {
    const first = (Math.floor(after / MINUTE_MS) + 1) * MINUTE_MS;
    let day = Math.floor(first / DAY_MS) * DAY_MS;
    for (let left = HORIZON_DAYS; left > 0; left--, day += DAY_MS) {
      if (!this.#hasDay(new Date(day))) continue;
      const time = this.#firstIn(day, Math.max(day, first));
      if (time !== undefined) return time;
    }
    return undefined;
  }

  /** The first minute of a day that is named, from a time in that day on. */
  #firstIn(day: number, from: number): number | undefined {
    const start = (from - day) / MINUTE_MS;
    for (let minute = start; minute < 1440; minute++) {
      if (!this.#hours.has(Math.floor(minute / 60))) minute += 59 - (minute % 60);
      else if (this.#minutes.has(minute % 60)) return day + minute * MINUTE_MS;
    }
    return undefined;
  }

  #hasDay(date: Date): boolean {
    if (!this.#months.has(date.getUTCMonth() + 1)) return false;
    const [month, week] = [this.#monthDays, this.#weekDays];
    if (month === undefined) return week === undefined || week(date);
    return week === undefined ? month(date) : month(date) || week(date);
  }
}

/** What is wrong with an expression, as the end of a sentence; undefined where nothing is. */
export function cronFault(text: string): string | undefined {
  try {
    new Cron(text);
    return undefined;
  } catch (error) {
    if (error instanceof CronError) return error.message;
    throw error;
  }
}
