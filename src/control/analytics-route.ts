/**
 * `POST /analytics_engine/sql`: the body is a query, the answer is Cloudflare's.
 * @see https://developers.cloudflare.com/analytics/analytics-engine/sql-api/
 */
import { type AdminRoute, readText, send, sendJson, sendText } from './route.ts';

export type QueryResult = { ok: true; meta: { name: string; type: string }[]; data: Record<string, unknown>[] } | { ok: false; message: string };

const MOST_QUERY_BYTES = 64 * 1024;
const FORMAT = /\s+FORMAT\s+(\w+)\s*;?\s*$/i;

/** @param query runs SQL over the datasets of a group */
export function analyticsRoute(query: (sql: string, group: string) => Promise<QueryResult>): AdminRoute {
  return {
    method: 'POST',
    path: '/analytics_engine/sql',
    handle: async ({ request, response, query: parameters }) => {
      const text = await readText(request, MOST_QUERY_BYTES).catch(() => undefined);
      if (text === undefined) return sendText(response, 413, `a query has ${MOST_QUERY_BYTES} bytes at most\n`);
      const format = FORMAT.exec(text)?.[1]?.toLowerCase() ?? 'json';
      if (format !== 'json' && format !== 'jsoneachrow') return sendText(response, 422, 'FORMAT is JSON or JSONEachRow\n');
      const result = await query(text.replace(FORMAT, ''), parameters.get('group') ?? 'default');
      if (!result.ok) return sendText(response, 422, `${result.message}\n`);
      const { meta, data } = result;
      if (format === 'jsoneachrow') return send(response, 200, 'application/x-ndjson', data.map((row) => `${JSON.stringify(row)}\n`).join(''));
      sendJson(response, 200, { meta, data, rows: data.length, rows_before_limit_at_least: data.length });
    },
  };
}
