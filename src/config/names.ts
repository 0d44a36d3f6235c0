/**
 * Names of apps. A name is part of `<name>.localhost`, so it must fit one DNS label. Wrangler's rule, made
 * no wider: lower-case letters, digits, dashes and underscores, not starting with a dash.
 */

const MAX_NAME_LENGTH = 63;
export const NAME_RULE = 'lower-case letters, digits, dashes and underscores, not starting with a dash, at most 63 characters';

/** What is wrong with an app name that somebody chose, as the end of a sentence; undefined if it is good. */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.length > MAX_NAME_LENGTH) return `has ${name.length} characters; ${MAX_NAME_LENGTH} is the most`;
  if (/[A-Z]/.test(name)) return 'has upper-case letters';
  if (name.startsWith('-')) return 'starts with a dash';
  return /^[a-z0-9_-]+$/.test(name)
    ? undefined
    : `has characters that are not allowed: ${[...new Set(name.match(/[^a-z0-9_-]/gu))].map((character) => JSON.stringify(character)).join(', ')}`;
}

/** A good name derived from a file or folder name: "My App.ts" gives "my-app". Undefined where nothing is left. */
export function deriveName(base: string): string | undefined {
  const name = base
    .normalize('NFKD')
    .replace(/\.(?:m|c)?(?:js|ts|jsx|tsx)$/i, '')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9_]+/g, '-')
    .slice(0, MAX_NAME_LENGTH)
    .replace(/^-+|-+$/g, '');
  return name === '' ? undefined : name;
}
