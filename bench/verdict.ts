/** Whether a figure reaches its goal, and how figures are written. */
import type { Goal, Row, Unit } from './question.ts';

export function goalText(goal: Goal | undefined, unit: Unit): string {
  if (goal === undefined) return '';
  return 'atLeast' in goal ? `at least ${figure(goal.atLeast, unit)}` : `under ${figure(goal.under, unit)}`;
}

export function verdict({ value, goal }: Row): string {
  if (goal === undefined) return '';
  if (value === undefined) return 'not measured';
  if ('atLeast' in goal) return value >= goal.atLeast ? 'reached' : `short by ${percent(1 - value / goal.atLeast)}`;
  return value < goal.under ? 'reached' : `short by ${percent(value / goal.under - 1)}`;
}

/** A value for people: three significant digits, thousands apart. */
export function figure(value: number | undefined, unit: Unit): string {
  if (value === undefined) return '–';
  const digits = value === 0 || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 0.1 ? 2 : 3;
  const text = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === '×' || unit === '%' ? `${text} ${unit}` : `${text} ${unit}`;
}

const percent = (share: number): string => `${Math.max(1, Math.round(share * 100))} %`;
