/** Lists keys in the order of their bytes; what lies below a delimiter is skipped over, not read through. */
import type { Database } from '../../storage/database.ts';
import { R2_LIMITS, type R2ListOptions, type R2ListResult } from '../../protocol/r2.ts';
import { checkCall, isCount, isText } from '../sizes.ts';
import { metadataOf, type ObjectRow } from './rows.ts';

const COLUMNS = 'key, version, size, etag, uploaded, meta';

/** Kinds of metadata; there are two. */
const MOST_INCLUDED = 10;

/** Where a page ended: after a key, or after all keys with a prefix. */
type Position = { after: string } | { past: string };

/** The least text that is greater than all that start with `prefix`, in the order of UTF-8; undefined where there is none. */
export function successor(prefix: string): string | undefined {
  const points = [...prefix].map((character) => character.codePointAt(0) as number);
  while (points.length > 0) {
    const last = points.pop() as number;
    if (last === 0x10ffff) continue;
    // Surrogates are no characters of their own.
    points.push(last === 0xd7ff ? 0xe000 : last + 1);
    return String.fromCodePoint(...points);
  }
  return undefined;
}

const encode = (position: Position): string => Buffer.from('past' in position ? `p${position.past}` : `a${position.after}`).toString('base64');

function decode(cursor: string): Position {
  const text = Buffer.from(cursor, 'base64').toString();
  return text.startsWith('p') ? { past: text.slice(1) } : { after: text.slice(1) };
}

/** Characters of metadata in a page, beyond what a thousand objects of ours have. Another page begins then. */
const MOST_META = 16 * 1024 * 1024;

export function list(db: Database, options: R2ListOptions): R2ListResult {
  check(options);
  const { prefix = '', delimiter = '', include = [] } = options;
  const limit = Math.min(options.limit ?? R2_LIMITS.listKeys, include.length > 0 ? R2_LIMITS.listKeysWithMetadata : R2_LIMITS.listKeys);
  const end = successor(prefix);
  const bound = end === undefined ? '' : ' AND key < ?';
  const result: R2ListResult = { objects: [], prefixes: [], truncated: false };
  let last: Position | undefined;
  let count = 0;
  let meta = 0;
  /** From a key on, which is itself wanted where `isIncluded`. @returns where to go on, if not at the end */
  const page = (from: string, isIncluded: boolean): string | undefined => {
    const sql = `SELECT ${COLUMNS} FROM objects WHERE key ${isIncluded ? '>=' : '>'} ?${bound} ORDER BY key LIMIT ?`;
    const rows = db.prepare(sql).iterate(...(end === undefined ? [from] : [from, end]), limit - count + 1) as Iterable<ObjectRow>;
    for (const row of rows) {
      if (count === limit || meta > MOST_META) {
        result.truncated = true;
        return undefined;
      }
      count++;
      meta += row.meta.length;
      const at = delimiter === '' ? -1 : row.key.indexOf(delimiter, prefix.length);
      if (at < 0) {
        result.objects.push(metadataOf(row, include));
        last = { after: row.key };
        continue;
      }
      const common = row.key.slice(0, at + delimiter.length);
      result.prefixes.push(common);
      last = { past: common };
      return successor(common);
    }
    return undefined;
  };
  const [from, isIncluded] = start(options, prefix);
  for (let next: string | undefined = page(from, isIncluded); next !== undefined; ) next = page(next, true);
  if (result.truncated && last !== undefined) result.cursor = encode(last);
  return result;
}

/** @throws OpError for what no engine of ours asks for: it would be looked at for long */
function check({ prefix = '', delimiter = '', startAfter = '', past = '', cursor = '', limit = 0, include = [] }: R2ListOptions): void {
  for (const text of [prefix, delimiter, startAfter, past]) checkCall(isText(text, R2_LIMITS.keyBytes));
  checkCall(isText(cursor, R2_LIMITS.keyBytes * 2) && isCount(limit, R2_LIMITS.listKeys) && Array.isArray(include) && include.length <= MOST_INCLUDED);
}

/** The first key, and whether it is itself wanted. */
function start({ cursor, startAfter, past }: R2ListOptions, prefix: string): [string, boolean] {
  let first: [string, boolean] = [prefix, true];
  const later = (key: string, isIncluded: boolean): void => {
    if (Buffer.compare(Buffer.from(key), Buffer.from(first[0])) >= 0) first = [key, isIncluded];
  };
  if (startAfter !== undefined) later(startAfter, false);
  if (past !== undefined) later(successor(past) ?? past, true);
  if (cursor !== undefined) {
    const position = decode(cursor);
    if ('after' in position) later(position.after, false);
    else later(successor(position.past) ?? position.past, true);
  }
  return first;
}
