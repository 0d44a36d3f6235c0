/** The two fields of a cron expression that name days, with what stands for no fixed number: L, W and #. */
import { CronError, type Field, parseField, parseValue } from './cron-field.ts';

/** Is it one of the days? Undefined for `*`: the field says nothing. */
export type DayRule = ((date: Date) => boolean) | undefined;

const MONTH_DAY: Field = { what: 'a day of the month', min: 1, max: 31 };
const WEEK_DAY: Field = { what: 'a day of the week', min: 1, max: 7, names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] };

/** `L`, `L-3`, `LW`, `L-3W`, `15W`, or a list of days. @throws CronError */
export function parseMonthDays(text: string): DayRule {
  if (text === '*') return undefined;
  const last = /^L(?:-(\d{1,2}))?(W?)$/.exec(text);
  if (last !== null) {
    const offset = last[1] === undefined ? 0 : Number(last[1]);
    if (last[1] !== undefined && (offset < 1 || offset > 30)) throw new CronError(`"${text}": a day can be 1 to 30 days before the last`);
    const target = (date: Date): number => daysIn(date) - offset;
    return last[2] === 'W' ? (date) => isNearest(date, target(date)) : (date) => date.getUTCDate() === target(date);
  }
  if (text.endsWith('W')) {
    const day = parseValue(text.slice(0, -1), MONTH_DAY);
    return (date) => day <= daysIn(date) && isNearest(date, day);
  }
  refuseInList(text, /[LW]/, 'L and W');
  const days = parseField(text, MONTH_DAY);
  return (date) => days.has(date.getUTCDate());
}

/** `L` (Saturday), `6L` (the month's last Friday), `MON#2` (its second Monday), or a list of days. @throws CronError */
export function parseWeekDays(text: string): DayRule {
  if (text === '*') return undefined;
  if (text === 'L') return (date) => date.getUTCDay() === 6;
  const [before = '', nth, ...more] = text.split('#');
  if (nth !== undefined) {
    const day = parseValue(before, WEEK_DAY);
    if (more.length > 0 || !/^[1-5]$/.test(nth)) throw new CronError(`"${text}": what follows # is 1 to 5`);
    return (date) => date.getUTCDay() === day - 1 && Math.ceil(date.getUTCDate() / 7) === Number(nth);
  }
  if (/^[^,]+L$/.test(text)) {
    const day = parseValue(text.slice(0, -1), WEEK_DAY);
    return (date) => date.getUTCDay() === day - 1 && date.getUTCDate() + 7 > daysIn(date);
  }
  refuseInList(text, /#|L$|L,/, 'L and #');
  const days = parseField(text, WEEK_DAY);
  return (date) => days.has(date.getUTCDay() + 1);
}

function refuseInList(text: string, special: RegExp, names: string): void {
  if (text.includes(',') && special.test(text)) throw new CronError(`"${text}": ${names} cannot be part of a list`);
}

/** Is it the weekday (Monday to Friday) that is nearest to a day of its month, without leaving the month? */
function isNearest(date: Date, target: number): boolean {
  if (target < 1) return false;
  const weekDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), target)).getUTCDay();
  let nearest = target;
  if (weekDay === 6) nearest = target === 1 ? 3 : target - 1;
  else if (weekDay === 0) nearest = target === daysIn(date) ? target - 2 : target + 1;
  return date.getUTCDate() === nearest;
}

/** The number of days in a date's month. */
function daysIn(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}
