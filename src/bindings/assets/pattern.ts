/**
 * The patterns of `_headers`, `_redirects` and `run_worker_first`: literals, `*` and `:placeholder`.
 *
 * They are a tenant's, and are matched on the thread that serves everybody: so not by regular expressions, but by a
 * search that gives up when what one request may cost is used up. What is found is what a greedy regular expression would find.
 */

/** What all rules together may still look at and write for one request, in characters. */
export type Allowance = { left: number };

/** Some milliseconds. A hundred rules of the ordinary kind and a path of sixteen thousand characters take a tenth of it. */
const MOST_CHARACTERS = 8_000_000;

export function allowance(): Allowance {
  return { left: MOST_CHARACTERS };
}

type Search = { steps: number; allowed: Allowance };
type Part = { text: string } | { name: string; stops: string };

/** Compares a path (or "https://host/path"); gives the values of splat and placeholders where it fits. */
export type Pattern = {
  readonly isCrossHost: boolean;
  match(text: string, allowed: Allowance): ReadonlyMap<string, string> | undefined;
};

const MOST_STEPS = 5000;

/** @returns undefined for a pattern that names a value twice, which fits nothing */
export function compilePattern(rule: string): Pattern | undefined {
  const parts: Part[] = [];
  const names = new Set<string>();
  const isCrossHost = rule.startsWith('https://');
  // In the host a placeholder ends at a dot, too.
  const hostEnd = isCrossHost ? rule.indexOf('/', 'https://'.length) : 0;
  let at = 0;
  for (const match of rule.matchAll(/\*|:([A-Za-z]\w*)/g)) {
    const name = match[1] ?? 'splat';
    if (names.has(name)) return undefined;
    names.add(name);
    if (match.index > at) parts.push({ text: rule.slice(at, match.index) });
    parts.push({ name, stops: match[1] === undefined ? '' : match.index < hostEnd ? '/.' : '/' });
    at = match.index + match[0].length;
  }
  if (at < rule.length) parts.push({ text: rule.slice(at) });
  return {
    isCrossHost,
    match(text, allowed) {
      const found = new Map<string, string>();
      const state = { steps: 0, allowed };
      if (!matchFrom(parts, 0, text, 0, found, state)) return undefined;
      // In the order they stand in the rule.
      return new Map([...names].map((name) => [name, found.get(name) ?? '']));
    },
  };
}

function matchFrom(parts: readonly Part[], index: number, text: string, at: number, found: Map<string, string>, state: Search): boolean {
  const part = parts[index];
  if (state.allowed.left <= 0) return false;
  if (part === undefined) return at === text.length;
  if ('text' in part) {
    state.allowed.left -= part.text.length;
    return text.startsWith(part.text, at) && matchFrom(parts, index + 1, text, at + part.text.length, found, state);
  }
  const next = parts[index + 1];
  const longest = part.stops === '' ? text.length : endOf(text, at, part.stops);
  state.allowed.left -= longest - at;
  const least = part.stops === '' ? at : at + 1;
  const literal = next !== undefined && 'text' in next ? next.text : '';
  for (let end = next === undefined ? text.length : longest; end >= least; end--) {
    if (++state.steps > MOST_STEPS || end > longest || state.allowed.left <= 0) return false;
    // The literal after it tells where it may end.
    if (literal !== '') {
      const from = end;
      end = text.lastIndexOf(literal, from);
      state.allowed.left -= from - end;
    }
    if (end < least) return false;
    found.set(part.name, text.slice(at, end));
    if (matchFrom(parts, index + 1, text, end, found, state)) return true;
  }
  return false;
}

function endOf(text: string, at: number, stops: string): number {
  for (let i = at; i < text.length; i++) if (stops.includes(text[i] as string)) return i;
  return text.length;
}

/** Puts values into the target of a rule, where it names them: what a value names stays as it is. Undefined where that is too much. */
export function fillIn(target: string, values: ReadonlyMap<string, string>, allowed: Allowance): string | undefined {
  const [first = '', ...rest] = target.split(':');
  const names = [...values.keys()];
  let filled = first;
  for (const part of rest) {
    const name = names.find((one) => part.startsWith(one));
    const piece = name === undefined ? `:${part}` : `${values.get(name)}${part.slice(name.length)}`;
    allowed.left -= piece.length + names.length;
    if (allowed.left <= 0) return undefined;
    filled += piece;
  }
  return filled;
}

/** `*` alone, as often as one likes. */
export function globMatches(glob: string, path: string): boolean {
  let at = 0;
  const pieces = glob.split('*');
  for (const [index, piece] of pieces.entries()) {
    if (index === 0) {
      if (!path.startsWith(piece)) return false;
      at = piece.length;
    } else if (index === pieces.length - 1) return path.length - piece.length >= at && path.endsWith(piece);
    else {
      const found = path.indexOf(piece, at);
      if (found === -1) return false;
      at = found + piece.length;
    }
  }
  return at === path.length;
}
