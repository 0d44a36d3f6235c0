/**
 * What has to be known of SQL text that node:sqlite does not tell: its parameters, and where an error is.
 *
 * Contract: SQLite parses; this only walks over tokens, by SQLite's rules for strings, names and comments.
 * @see https://www.sqlite.org/lang_expr.html#parameters
 */

/** Strings, quoted names, comments (also unterminated ones), parameters, words. What lies between is skipped. */
export const TOKEN =
  /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`(?:[^`]|``)*`?|\[[^\]]*\]?|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\?\d*|[:@$#][\p{L}\p{N}_$:]+|[\p{L}_][\p{L}\p{N}_$]*/gu;

export type Parameters = {
  /** The highest number of a parameter: as many values must come. */
  readonly count: number;
  /** Number (from 0) → name with its sign, for those that have one. */
  readonly names: ReadonlyMap<number, string>;
};

const NONE: Parameters = { count: 0, names: new Map() };

/** The parameters of one statement, numbered as SQLite numbers them. */
export function parametersOf(sql: string): Parameters {
  if (!/[?:@$#]/.test(sql)) return NONE;
  let count = 0;
  const names = new Map<number, string>();
  const known = new Map<string, number>();
  for (const [token] of sql.matchAll(TOKEN)) {
    const first = token[0] as string;
    if (first === '?') {
      const number = token.length > 1 ? Number(token.slice(1)) : count + 1;
      count = Math.max(count, number);
    } else if (':@$#'.includes(first) && !known.has(token)) {
      known.set(token, count);
      names.set(count++, token);
    }
  }
  return { count, names };
}

/** Only blanks, semicolons and comments. */
export function isBlank(sql: string): boolean {
  return sql.replace(/--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, '').search(/[^\s;]/) === -1;
}

/** Tokens, and the ends of statements. */
const PIECE = new RegExp(`${TOKEN.source}|;`, 'gu');

/**
 * The statements of a script, without blanks and comments around them. Semicolons inside of a trigger end nothing,
 * by the rule of sqlite3_complete(): there the end is "; END ;".
 */
export function statementsOf(script: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let words: string[] = [];
  let before = '';
  let last = '';
  for (const { 0: token, index } of script.matchAll(PIECE)) {
    if (token.startsWith('--') || token.startsWith('/*')) continue;
    if (token === ';' && (!isTrigger(words) || (last === 'END' && before === ';'))) {
      if (words.length > 0) statements.push(script.slice(start, index).trim());
      start = index + 1;
      words = [];
      [before, last] = ['', ''];
      continue;
    }
    if (words.length < 4) words.push(token.toUpperCase());
    [before, last] = [last, token.toUpperCase()];
  }
  if (words.length > 0) statements.push(script.slice(start).trim());
  return statements;
}

function isTrigger(words: readonly string[]): boolean {
  const at = words[0] === 'EXPLAIN' ? 1 : 0;
  return words[at] === 'CREATE' && (words[at + 1] === 'TRIGGER' || (/^TEMP(?:ORARY)?$/.test(words[at + 1] ?? '') && words[at + 2] === 'TRIGGER'));
}

/** At most this many places are tried for a syntax error: it is a convenience, and the text is a stranger's. */
const MOST_TRIES = 20;

/**
 * The place of an error in the text, in bytes, as sqlite3_error_offset() would tell; undefined for errors that have none.
 * @param messageOf what SQLite says to a text; undefined when it accepts it
 */
export function errorOffset(sql: string, message: string, messageOf: (sql: string) => string | undefined): number | undefined {
  const syntax = /^near "([\s\S]*)": syntax error$/.exec(message)?.[1];
  if (syntax !== undefined) {
    let tries = 0;
    for (let at = sql.indexOf(syntax); at !== -1 && tries < MOST_TRIES; at = sql.indexOf(syntax, at + 1), tries++) {
      // The parser stops at the first token it cannot use: whatever comes after it makes no difference.
      if (messageOf(sql.slice(0, at + syntax.length)) === message) return Buffer.byteLength(sql.slice(0, at));
    }
    return undefined;
  }
  const most = /^variable number must be between \?1 and \?(\d+)$/.exec(message)?.[1];
  if (most !== undefined) {
    for (const { 0: token, index } of sql.matchAll(TOKEN))
      if (/^\?\d+$/.test(token) && !(Number(token.slice(1)) >= 1 && Number(token.slice(1)) <= Number(most))) return Buffer.byteLength(sql.slice(0, index));
    return undefined;
  }
  const token = /^unrecognized token: "([\s\S]*)"$/.exec(message)?.[1];
  if (token !== undefined) return byteIndex(sql, token);
  const name =
    /^(?:no such column:|ambiguous column name:|no such function:|not authorized to use function:|too many arguments on function) (.*)$/.exec(message)?.[1] ??
    /^(?:wrong number of arguments to function|misuse of aggregate:|misuse of aggregate function|misuse of window function|misuse of aliased aggregate) (.*?)(?:\(\))?$/.exec(
      message,
    )?.[1];
  if (name === undefined) return undefined;
  return byteIndex(sql, name) ?? wordIndex(sql, name.slice(name.lastIndexOf('.') + 1));
}

function byteIndex(sql: string, text: string): number | undefined {
  return wordIndex(sql, text) ?? (sql.includes(text) ? Buffer.byteLength(sql.slice(0, sql.indexOf(text))) : undefined);
}

function wordIndex(sql: string, word: string): number | undefined {
  for (const match of sql.matchAll(TOKEN)) if (match[0] === word) return Buffer.byteLength(sql.slice(0, match.index));
  return undefined;
}
