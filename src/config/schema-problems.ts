/** Turns what a zod schema found into problems that name file, line, key, allowed values and a likely spelling. */
import type { z } from 'zod';
import { type ConfigDocument, type KeyPath, kind } from './document.ts';
import { nearest } from './nearest.ts';
import type { Problem, ProblemFields } from './problem.ts';

type Details = Pick<ProblemFields, 'message' | 'allowed' | 'hint'>;

/** Every issue as a problem; `base` is where the validated value stands in the document. */
export function schemaProblems(
  document: Pick<ConfigDocument, 'problem'>,
  error: z.ZodError,
  value: unknown,
  knownKeys: (path: KeyPath) => readonly string[],
  base: KeyPath = [],
): Problem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    const here = [...base, ...path];
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeys(path);
      return issue.keys.map((key) => {
        const meant = nearest(key, known);
        return document.problem('error', [...here, key], 'There is no such key.', {
          allowed: known.join(', '),
          hint: meant === undefined ? 'Remove it.' : `Did you mean "${meant}"?`,
        });
      });
    }
    const { message, ...more } = details(issue, at(value, path));
    return [document.problem('error', here, message, more)];
  });
}

function details(issue: z.core.$ZodIssue, value: unknown): Details {
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return { message: 'This key is required.', allowed: article(issue.expected) };
      return { message: `Expected ${article(issue.expected)}, but got ${shown(value)}.` };
    case 'invalid_value':
      return { message: `${shown(value)} is not an allowed value.`, allowed: issue.values.map((one) => JSON.stringify(one)).join(', ') };
    case 'too_small':
      return { message: `${shown(value)} is too small.`, allowed: `${issue.minimum} or more` };
    case 'too_big':
      return { message: `${shown(value)} is too large.`, allowed: `${issue.maximum} or less` };
    case 'invalid_key':
    case 'invalid_element':
    case 'invalid_union':
      return { message: `${shown(value)} is not allowed here.` };
    default:
      return { message: issue.message };
  }
}

function article(type: string): string {
  if (type === 'int') return 'a whole number';
  if (type === 'record') return 'an object';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** A value as it may stand in a message. */
export function shown(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? undefined : JSON.stringify(value);
  return text === undefined ? kind(value) : text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function at(value: unknown, path: KeyPath): unknown {
  let current: unknown = value;
  for (const part of path) current = typeof current === 'object' && current !== null ? (current as Record<string | number, unknown>)[part] : undefined;
  return current;
}
