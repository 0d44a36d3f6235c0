/**
 * `POST /analytics_engine/sql`: the body is a query, the answer is Cloudflare's.
 * @see https://developers.cloudflare.com/analytics/analytics-engine/sql-api/
 */
import { type AdminRoute, readText, send, sendText } from './route.ts';

/** One JSON text, or one on each line for each row. */
export type QueryFormat = 'json' | 'jsoneachrow';
/** `body`: what is answered, as it is. */
export type QueryResult = { ok: true; body: Buffer } | { ok: false; message: string };

const MOST_QUERY_BYTES = 64 * 1024;
const FORMAT = /\s+FORMAT\s+(\w+)\s*;?\s*$/i;
const TYPES: Readonly<Record<QueryFormat, string>> = { json: 'application/json', jsoneachrow: 'application/x-ndjson' };

/** @param query runs SQL over the datasets of a group */
export function analyticsRoute(query: (sql: string, group: string, format: QueryFormat) => Promise<QueryResult>): AdminRoute {
  return {
    method: 'POST',
    path: '/analytics_engine/sql',
    handle: async ({ request, response, query: parameters }) => {
      const text = await readText(request, MOST_QUERY_BYTES).catch(() => undefined);
      if (text === undefined) return sendText(response, 413, `a query has ${MOST_QUERY_BYTES} bytes at most\n`);
      const format = FORMAT.exec(text)?.[1]?.toLowerCase() ?? 'json';
      if (format !== 'json' && format !== 'jsoneachrow') return sendText(response, 422, 'FORMAT is JSON or JSONEachRow\n');
      const result = await query(text.replace(FORMAT, ''), parameters.get('group') ?? 'default', format);
      if (!result.ok) return sendText(response, 422, `${result.message}\n`);
      send(response, 200, TYPES[format], result.body);
    },
  };
}
