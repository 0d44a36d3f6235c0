/**
 * DELETE and UPDATE with LIMIT: Cloudflare's SQLite is built with them, node:sqlite's is not. They are written as SQLite
 * itself understands them: with the rows chosen by a query of its own.
 *
 * Contract: asked only for what SQLite's parser has refused at ORDER or LIMIT; undefined for what is nothing of the kind.
 * Parameters keep their order. Tables WITHOUT ROWID have no rows that could be chosen in this way.
 * @see https://www.sqlite.org/lang_delete.html#optional_limit_and_order_by_clauses
 */
import { TOKEN } from './sql-text.ts';

/** `length`: of the statement in the text it was found in, with its semicolon. */
export type LimitedWrite = { sql: string; length: number };

const PIECE = new RegExp(`${TOKEN.source}|[();]`, 'gu');
const CLAUSES = ['SET', 'FROM', 'WHERE', 'RETURNING', 'ORDER', 'LIMIT'] as const;

type Clause = (typeof CLAUSES)[number];
type Word = { text: string; at: number };

/** The first statement of a text, with LIMIT in a form that every SQLite takes. */
export function limitedWrite(script: string): LimitedWrite | undefined {
  const { words, length } = firstStatement(script);
  const verb = words.findIndex(({ text }) => text === 'DELETE' || text === 'UPDATE');
  if (verb === -1 || (verb > 0 && words[0]?.text !== 'WITH')) return undefined;
  const isDelete = words[verb]?.text === 'DELETE';
  const clauses = new Map<Clause, number>();
  for (const [index, { text, at }] of words.entries()) {
    if (index <= verb || !isClause(text) || clauses.has(text)) continue;
    // IS DISTINCT FROM
    if (text === 'FROM' && words[index - 1]?.text === 'DISTINCT') continue;
    clauses.set(text, at);
  }
  const limit = clauses.get('LIMIT');
  const start = clauses.get(isDelete ? 'FROM' : 'SET');
  if (limit === undefined || start === undefined || (!isDelete && clauses.has('FROM'))) return undefined;
  const tail = clauses.get('ORDER') ?? limit;
  const returning = clauses.get('RETURNING') ?? tail;
  const where = clauses.get('WHERE') ?? returning;
  if (!(start < where && where <= returning && returning <= tail && tail <= limit)) return undefined;
  const returned = script.slice(returning, tail);
  // They would come after those of the limit.
  if (hasParameter(returned)) return undefined;
  const end = script[length - 1] === ';' ? length - 1 : length;
  const table = isDelete ? script.slice(start + 'FROM'.length, where) : script.slice(tableStart(words, verb), start);
  const chosen = `SELECT _rowid_ FROM ${table}\n${script.slice(where, returning)}\n${script.slice(tail, end)}`;
  return { sql: `${script.slice(0, where)}\nWHERE _rowid_ IN (${chosen}\n)\n${returned}`, length };
}

/** The words outside of parentheses, in upper case, up to the end of the first statement. */
function firstStatement(script: string): { words: Word[]; length: number } {
  const words: Word[] = [];
  let depth = 0;
  for (const { 0: token, index } of script.matchAll(PIECE)) {
    if (token === '(') depth++;
    else if (token === ')') depth--;
    else if (token === ';') return { words, length: index + 1 };
    else if (depth === 0 && !token.startsWith('--') && !token.startsWith('/*')) words.push({ text: token.toUpperCase(), at: index });
  }
  return { words, length: script.length };
}

/** After UPDATE, and after OR IGNORE and the like. */
function tableStart(words: readonly Word[], verb: number): number {
  const last = words[words[verb + 1]?.text === 'OR' ? verb + 2 : verb] as Word;
  return last.at + last.text.length;
}

function isClause(text: string): text is Clause {
  return (CLAUSES as readonly string[]).includes(text);
}

function hasParameter(sql: string): boolean {
  return [...sql.matchAll(TOKEN)].some(({ 0: token }) => /^[?:@$#]/.test(token));
}
