/**
 * What of a folder is no asset: `.assetsignore`, in the language of .gitignore.
 *
 * Patterns are matched without regular expressions: they are a tenant's, and must not take longer than they are long.
 * @see https://git-scm.com/docs/gitignore#_pattern_format
 */

type Rule = { segments: readonly string[]; isNegated: boolean; isFolder: boolean };

/** Tells of a path relative to the folder, with "/", whether it is left out. */
export type IsIgnored = (path: string) => boolean;

export function createIgnore(lines: readonly string[]): IsIgnored {
  const rules = lines.map(readRule).filter((rule) => rule !== undefined);
  const judge = (segments: readonly string[], isFolder: boolean): boolean => {
    let ignored = false;
    for (const rule of rules) {
      if (rule.isNegated === !ignored || (rule.isFolder && !isFolder)) continue;
      if (matchPath(rule.segments, segments)) ignored = !rule.isNegated;
    }
    return ignored;
  };
  return (path) => {
    const segments = path.split('/');
    // What is in a folder that is left out cannot be brought back.
    for (let i = 1; i < segments.length; i++) if (judge(segments.slice(0, i), true)) return true;
    return judge(segments, false);
  };
}

function readRule(line: string): Rule | undefined {
  let pattern = line.replace(/\r$/, '').replace(/^\uFEFF/, '');
  if (pattern.startsWith('#')) return undefined;
  // Blanks at the end do not count, unless the last is escaped.
  while (pattern.endsWith(' ') && !pattern.endsWith('\\ ')) pattern = pattern.slice(0, -1);
  const isNegated = pattern.startsWith('!');
  if (isNegated) pattern = pattern.slice(1);
  const isFolder = pattern.endsWith('/');
  if (isFolder) pattern = pattern.slice(0, -1);
  if (pattern === '') return undefined;
  const isAnchored = pattern.includes('/');
  if (pattern.startsWith('/')) pattern = pattern.slice(1);
  const segments = pattern.split('/');
  return { segments: isAnchored ? segments : ['**', ...segments], isNegated, isFolder };
}

/** Does the pattern fit the whole path? Each place in it is looked at once per segment of the pattern. */
function matchPath(pattern: readonly string[], path: readonly string[]): boolean {
  let reached = new Set([0]);
  for (const [index, segment] of pattern.entries()) {
    const next = new Set<number>();
    for (const at of reached) {
      if (segment === '**') {
        // At the end it stands for what is inside, not for the folder itself.
        const from = index === pattern.length - 1 && index > 0 ? at + 1 : at;
        for (let to = from; to <= path.length; to++) next.add(to);
      } else if (at < path.length && matchSegment(segment, path[at] as string)) next.add(at + 1);
    }
    reached = next;
  }
  return reached.has(path.length);
}

/** `*`, `?`, `[a-z]` and `\x` within one name: on failure only the last star is tried further, which is enough. */
function matchSegment(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = n;
      continue;
    }
    const next = p < pattern.length ? matchOne(pattern, p, name[n] as string) : -1;
    if (next !== -1) {
      p = next;
      n++;
    } else if (star !== -1) {
      p = star + 1;
      n = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** Where the pattern goes on after one character that fits; -1 where it does not. */
function matchOne(pattern: string, at: number, character: string): number {
  const one = pattern[at];
  if (one === '?') return at + 1;
  if (one === '\\' && at + 1 < pattern.length) return pattern[at + 1] === character ? at + 2 : -1;
  const end = one === '[' ? pattern.indexOf(']', at + 2) : -1;
  if (end === -1) return one === character ? at + 1 : -1;
  const isNot = pattern[at + 1] === '!' || pattern[at + 1] === '^';
  let found = false;
  for (let i = at + (isNot ? 2 : 1); i < end; i++) {
    const from = pattern[i] as string;
    const isRange = pattern[i + 1] === '-' && i + 2 < end;
    const to = isRange ? (pattern[i + 2] as string) : from;
    if (character >= from && character <= to) found = true;
    if (isRange) i += 2;
  }
  return found === isNot ? -1 : end + 1;
}
