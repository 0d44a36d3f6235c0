/**
 * One query over datasets of Analytics Engine, in a process of its own: whoever started it ends it when its time is up.
 *
 * Contract: nothing but reading: an authorizer lets through selections, reads of the datasets and plain functions, and
 * what comes back is bounded. Datasets are views of their own names; the query sees no other table.
 */
import { constants, DatabaseSync } from 'node:sqlite';
import { BLOBS, DOUBLES } from '../bindings/analytics/points.ts';
import { DataError } from '../ports/stored-data.ts';
import type { AnalyticsAsk } from './analytics-query.ts';
import { type Asked, answerOnce } from './answer-once.ts';

const MOST_ROWS = 10_000;
const MOST_BYTES = 16 * 1024 * 1024;
/** More than what is around the rows and the names of their columns. */
const AROUND_BYTES = 200;

const refused = (message: string): DataError => new DataError('failed', message);

answerOnce<AnalyticsAsk>(async (ask) => {
  try {
    return { value: perform(ask) };
  } catch (error) {
    throw refused((error as Error).message);
  }
});

function perform({ sql, datasets, ...wanted }: Asked<AnalyticsAsk>): Buffer[] {
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
    return select(db, sql, wanted);
  } finally {
    db.close();
  }
}

/** The text of the answer, in parts. @throws DataError */
function select(db: DatabaseSync, sql: string, { format, mostBytes }: Pick<Asked<AnalyticsAsk>, 'format' | 'mostBytes'>): Buffer[] {
  const statement = db.prepare(rewritten(sql));
  const columns = statement.columns();
  if (columns.length === 0) throw refused('only a SELECT can be asked');
  const isTime = columns.map(({ column }) => column === 'timestamp');
  const types = columns.map(() => 'String');
  statement.setReturnArrays(true);
  const rows: Buffer[] = [];
  const [before, after] = format === 'json' ? [',', ''] : ['', '\n'];
  let bytes = 0;
  let textBytes = AROUND_BYTES + Buffer.byteLength(JSON.stringify(columns));
  for (const row of statement.iterate() as unknown as Iterable<unknown[]>) {
    if (rows.length >= MOST_ROWS) throw refused(`more than ${MOST_ROWS} rows: add a LIMIT`);
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
    const text = Buffer.from(`${rows.length === 0 ? '' : before}${JSON.stringify(Object.fromEntries(entries))}${after}`);
    textBytes += text.length;
    if (bytes > MOST_BYTES || textBytes > mostBytes) throw refused('the answer is too large: select less');
    rows.push(text);
  }
  if (format === 'jsoneachrow') return rows;
  const meta = columns.map(({ name, column }, at) => ({ name, type: DOUBLES.includes(column ?? '') ? 'Float64' : (types[at] as string) }));
  const counts = `"rows":${rows.length},"rows_before_limit_at_least":${rows.length}`;
  return [Buffer.from(`{"meta":${JSON.stringify(meta)},"data":[`), ...rows, Buffer.from(`],${counts}}`)];
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
