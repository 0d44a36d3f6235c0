/**
 * One query over datasets of Analytics Engine, in a process of its own: whoever started it ends it when its time is up.
 *
 * Contract: nothing but reading: an authorizer lets through selections, reads of the datasets and plain functions, and
 * what comes back is bounded. Datasets are views of their own names; the query sees no other table.
 */
import { constants, DatabaseSync } from 'node:sqlite';
import { BLOBS, DOUBLES } from '../bindings/analytics/points.ts';
import type { AnalyticsAnswer, AnalyticsAsk } from './analytics-query.ts';

const MOST_ROWS = 10_000;
const MOST_BYTES = 16 * 1024 * 1024;

process.once('message', (message) => {
  const answer = perform(message as AnalyticsAsk);
  process.send?.(answer, undefined, undefined, () => process.exit(0));
});
process.on('disconnect', () => process.exit(0));

function perform({ sql, datasets }: AnalyticsAsk): AnalyticsAnswer {
  const db = new DatabaseSync(':memory:', { limits: { attached: 10 } } as never);
  try {
    datasets.forEach(({ name, file }, at) => {
      db.prepare(`ATTACH ? AS set${at}`).run(file);
      const columns = ['timestamp', 'index1', ...BLOBS, ...DOUBLES].join(', ');
      db.exec(`CREATE TEMP VIEW ${quoted(name)} AS SELECT ${columns}, 1 AS _sample_interval, ${literal(name)} AS dataset FROM set${at}.points`);
    });
    defineFunctions(db);
    db.exec('PRAGMA query_only = ON');
    authorize(db);
    return select(db, sql);
  } catch (error) {
    return { ok: false, message: (error as Error).message };
  } finally {
    db.close();
  }
}

function select(db: DatabaseSync, sql: string): AnalyticsAnswer {
  const statement = db.prepare(rewritten(sql));
  const columns = statement.columns();
  if (columns.length === 0) return { ok: false, message: 'only a SELECT can be asked' };
  const isTime = columns.map(({ column }) => column === 'timestamp');
  const types = columns.map(() => 'String');
  statement.setReturnArrays(true);
  const data: Record<string, unknown>[] = [];
  let bytes = 0;
  for (const row of statement.iterate() as unknown as Iterable<unknown[]>) {
    if (data.length >= MOST_ROWS) return { ok: false, message: `more than ${MOST_ROWS} rows: add a LIMIT` };
    const entries = columns.map(({ name }, at): [string, unknown] => {
      const value = row[at];
      if (isTime[at] === true && typeof value === 'number') {
        types[at] = 'DateTime';
        return [name, new Date(value * 1000).toISOString().slice(0, 19).replace('T', ' ')];
      }
      if (typeof value === 'number') types[at] = Number.isInteger(value) && types[at] !== 'Float64' ? 'Int64' : 'Float64';
      else if (typeof value === 'string') bytes += value.length;
      return [name, value];
    });
    bytes += 20 * entries.length;
    if (bytes > MOST_BYTES) return { ok: false, message: 'the answer is too large: select less' };
    data.push(Object.fromEntries(entries));
  }
  return { ok: true, meta: columns.map(({ name, column }, at) => ({ name, type: DOUBLES.includes(column ?? '') ? 'Float64' : (types[at] as string) })), data };
}

const ALLOWED = new Set<number>([constants.SQLITE_SELECT, constants.SQLITE_READ]);
const FORBIDDEN_FUNCTIONS = new Set(['load_extension', 'readfile', 'writefile', 'edit', 'fts3_tokenizer']);

function authorize(db: DatabaseSync): void {
  db.setAuthorizer((action, first, second) => {
    if (ALLOWED.has(action)) return constants.SQLITE_OK;
    if (action === constants.SQLITE_FUNCTION && !FORBIDDEN_FUNCTIONS.has(String(second ?? first))) return constants.SQLITE_OK;
    return constants.SQLITE_DENY;
  });
}

/** Cloudflare's functions of time, over seconds since 1970. */
function defineFunctions(db: DatabaseSync): void {
  const started = Math.floor(Date.now() / 1000);
  db.function('NOW', { deterministic: true }, () => started);
  db.function('toDateTime', { deterministic: true }, (value) =>
    typeof value === 'number' ? value : Math.floor(Date.parse(`${String(value).replace(' ', 'T')}Z`) / 1000) || null,
  );
  db.function('toUnixTimestamp', { deterministic: true }, (value) => value);
  db.function('toStartOfInterval', { deterministic: true }, (value, step) => Math.floor(Number(value) / Number(step)) * Number(step));
  db.function('formatDateTime', { deterministic: true }, (value) => new Date(Number(value) * 1000).toISOString().slice(0, 19).replace('T', ' '));
  db.function('intDiv', { deterministic: true }, (a, b) => Math.trunc(Number(a) / Number(b)));
}

const SECONDS: Readonly<Record<string, number>> = { SECOND: 1, MINUTE: 60, HOUR: 3600, DAY: 86_400, WEEK: 604_800, MONTH: 2_592_000 };

/** Cloudflare's `INTERVAL '1' DAY` is a number of seconds here, and texts stay as they are. */
function rewritten(sql: string): string {
  return sql.replaceAll(
    /INTERVAL\s+'(\d{1,9})'\s+(SECOND|MINUTE|HOUR|DAY|WEEK|MONTH)\b|'(?:[^']|'')*'/gi,
    (whole, count: string | undefined, unit: string | undefined) =>
      count === undefined || unit === undefined ? whole : String(Number(count) * (SECONDS[unit.toUpperCase()] ?? 1)),
  );
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
