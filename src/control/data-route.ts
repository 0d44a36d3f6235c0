/**
 * `POST /data/:product/:operation?group=…&args=…`: stored data over the admin port, for `nano kv|d1|r2|queues --to URL`.
 *
 * Contract: the body is the operation's bytes, the answer is JSON (`{"value": …}`) or bytes; what went wrong is
 * `{"error": …}` with a status, or, once bytes have been sent, a connection that breaks off. Whoever may do this may do
 * everything with all data: it is to be guarded.
 */
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type DataBody, DataError, type DataErrorKind, type ServedAnswer } from '../ports/stored-data.ts';
import { type AdminCall, type AdminRoute, sendJson } from './route.ts';

export interface DataSource {
  /** @param signal whoever asked is gone @throws DataError */
  perform(operation: string, group: string, args: unknown, body: DataBody, signal: AbortSignal): Promise<ServedAnswer>;
}

export type DataRouteOptions = {
  source: DataSource;
  onTrouble(error: unknown): void;
};

/** A large script may keep a database busy for so long while nothing is sent. */
const MOST_QUIET_MS = 10 * 60_000;
/** What is around JSON that comes as it is. */
const [BEFORE, AFTER] = ['{"value":', '}'];
const STATUS: Readonly<Record<DataErrorKind, number>> = { invalid: 400, missing: 404, failed: 422 };

export function dataRoute(options: DataRouteOptions): AdminRoute {
  return {
    method: 'POST',
    path: '/data/:product/:operation',
    handle: async (call) => {
      const { request, response } = call;
      request.socket.setTimeout(MOST_QUIET_MS);
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      try {
        await answer(call, options.source, gone.signal);
      } catch (error) {
        if (gone.signal.aborted || response.headersSent) return void response.destroy();
        if (error instanceof DataError) return sendJson(response, STATUS[error.kind], { error: error.message });
        options.onTrouble(error);
        sendJson(response, 500, { error: 'internal error: the log of the server tells more' });
      }
    },
  };
}

async function answer({ request, response, params, query }: AdminCall, source: DataSource, signal: AbortSignal): Promise<void> {
  const length = request.headers['content-length'];
  const body: DataBody = { stream: request, length: length === undefined ? undefined : Number(length) };
  const found = await source.perform(`${params['product']}/${params['operation']}`, groupOf(query), argsOf(query), body, signal);
  if ('value' in found) return sendJson(response, 200, { value: found.value });
  if ('json' in found) {
    sendHead(response, 'application/json', BEFORE.length + found.length + AFTER.length);
    response.write(BEFORE);
    await pipeline(found.json, response, { end: false });
    response.end(AFTER);
  } else {
    sendHead(response, 'application/octet-stream', found.length);
    await pipeline(found.stream, response);
  }
}

function sendHead(response: ServerResponse, type: string, length: number | undefined): void {
  response.writeHead(200, {
    'content-type': type,
    ...(length !== undefined && { 'content-length': length }),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
}

function argsOf(query: URLSearchParams): unknown {
  try {
    return JSON.parse(query.get('args') ?? '{}');
  } catch {
    throw new DataError('invalid', '"args" is no JSON');
  }
}

function groupOf(query: URLSearchParams): string {
  const group = query.get('group') ?? '';
  if (group === '' || group.length > 256) throw new DataError('invalid', '"group" must name a trust group');
  return group;
}
