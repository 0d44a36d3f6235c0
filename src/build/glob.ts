/**
 * The globs of wrangler's module rules: `*`, and `**` for any number of folders. Everything else stands for itself,
 * so that "**\/*.wasm?module" means a question mark.
 */

/** For file names relative to the base folder: `*` stops at "/", a leading or inner `**\/` may match nothing. */
export function fileGlob(glob: string): RegExp {
  return new RegExp(`^${source(glob, '[^/]*', '(?:[^/]*(?:/|$))*')}$`);
}

/** For import specifiers, as wrangler reads them there: every run of `*` matches anything. The source is valid in Go too. */
export function specifierGlob(glob: string): RegExp {
  return new RegExp(`^${source(glob, '.*', '.*')}$`);
}

function source(glob: string, star: string, globstar: string): string {
  const parts: string[] = [];
  for (let i = 0; i < glob.length; ) {
    if (glob[i] !== '*') {
      parts.push((glob[i] ?? '').replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
      i++;
      continue;
    }
    const begin = i;
    while (glob[i] === '*') i++;
    const whole = i - begin > 1 && (begin === 0 || glob[begin - 1] === '/') && (i === glob.length || glob[i] === '/');
    if (!whole || globstar === star) parts.push(star);
    else {
      parts.push(globstar);
      // The folders' own slashes are part of the globstar.
      if (glob[i] === '/') i++;
    }
  }
  return parts.join('');
}
