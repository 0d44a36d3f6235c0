/** One field of a cron expression: values, ranges and steps, with commas between them. */

/** What is wrong, as the end of a sentence that names the expression. */
export class CronError extends Error {
  override name = 'CronError';
}

export type Field = {
  /** "a minute" */
  what: string;
  min: number;
  max: number;
  /** Names for `min` and what follows, in upper case. */
  names?: readonly string[];
};

/** The values that a field names. @throws CronError */
export function parseField(text: string, field: Field): ReadonlySet<number> {
  const values = new Set<number>();
  if (text === '*') return allOf(field);
  for (const part of text.split(',')) addPart(part, field, values);
  return values;
}

/** One value: a number in the field's bounds, or a name. @throws CronError */
export function parseValue(text: string, field: Field): number {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return field.min + named;
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= field.min && value <= field.max) return value;
  const names = field.names === undefined ? '' : `, or ${field.names[0]} to ${field.names.at(-1)}`;
  throw new CronError(`"${text}" is not ${field.what}: ${field.min} to ${field.max}${names}`);
}

/** `5`, `5-10`, `5-10/2`, `5/2` (from 5 on) or `*` with a step. */
function addPart(part: string, field: Field, values: Set<number>): void {
  const [range = '', stepText, ...more] = part.split('/');
  const [startText = '', endText, ...others] = range.split('-');
  if (more.length > 0 || others.length > 0) throw new CronError(`"${part}" is not of the form a, a-b, a/n or a-b/n`);
  if (range === '*' && stepText === undefined) throw new CronError('"*" stands alone, or is followed by a step');
  const step = stepText === undefined ? 1 : stepOf(stepText, field);
  const start = startText === '*' && endText === undefined ? field.min : parseValue(startText, field);
  const end = endText === undefined ? (stepText === undefined ? start : field.max) : parseValue(endText, field);
  const size = field.max - field.min + 1;
  const length = ((end - start + size) % size) + 1;
  for (let offset = 0; offset < length; offset += step) values.add(field.min + ((start - field.min + offset) % size));
}

function stepOf(text: string, field: Field): number {
  const most = field.max - field.min;
  const step = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (step < 1 || step > most) throw new CronError(`"${text}" is not a step: 1 to ${most}`);
  return step;
}

function allOf(field: Field): ReadonlySet<number> {
  return new Set(Array.from({ length: field.max - field.min + 1 }, (_, index) => field.min + index));
}
