/** Stored data of a running server, through its admin port. */
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { type DataAnswer, type DataBody, DataError, type StoredData } from '../../ports/stored-data.ts';
import { checkIsAdmin, objectOf, readAnswer } from '../answer.ts';
import { CommandError } from '../command.ts';

/** `quietMs`: how long nothing may come. */
export type RemoteOptions = { to: URL; group: string; token: string | undefined; quietMs?: number };

/** An answer that is no stream is read whole: what a server may make this process hold. */
const MOST_ANSWER_BYTES = 512 * 1024 * 1024;
/** Longer than a server is quiet over anything it does. */
const MOST_QUIET_MS = 11 * 60_000;

export function remoteData(options: RemoteOptions): StoredData {
  return { call: (operation, args, body) => call(options, operation, args, body) };
}

async function call(options: RemoteOptions, operation: string, args: Readonly<Record<string, unknown>>, body: DataBody | undefined): Promise<DataAnswer> {
  const response = await ask(options, operation, args, body);
  const { statusCode, headers } = response;
  checkIsAdmin(response, options.to.href);
  if (statusCode === 200 && headers['content-type'] === 'application/octet-stream') {
    const length = headers['content-length'];
    return { stream: response, length: length === undefined ? undefined : Number(length) };
  }
  const text = await readAnswer(response, MOST_ANSWER_BYTES, options.to.href);
  const parsed = objectOf(text);
  if (statusCode === 200 && parsed !== undefined && 'value' in parsed) return { value: parsed['value'] };
  const said = typeof parsed?.['error'] === 'string' ? parsed['error'] : text.trim().slice(0, 200);
  throw new DataError(statusCode === 400 ? 'invalid' : statusCode === 404 ? 'missing' : 'failed', said === '' ? `status ${statusCode}` : said);
}

function ask(
  { to, group, token, quietMs = MOST_QUIET_MS }: RemoteOptions,
  operation: string,
  args: object,
  body: DataBody | undefined,
): Promise<IncomingMessage> {
  const query = new URLSearchParams({ group, args: JSON.stringify(args) });
  // A server that is asked to close does so while a long body is still being sent, and its answer is lost.
  const headers: Record<string, string | number> = { connection: 'keep-alive', ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  if (body === undefined) headers['content-length'] = 0;
  else if (body.length !== undefined) headers['content-length'] = body.length;
  return new Promise((resolve, reject) => {
    const send = to.protocol === 'https:' ? httpsRequest : httpRequest;
    const path = `${to.pathname.replace(/\/$/, '')}/data/${operation}?${query}`;
    const sent = send(
      { host: to.hostname.replace(/^\[|\]$/g, ''), port: to.port, path, method: 'POST', headers: { ...headers, host: to.host }, agent: false },
      resolve,
    );
    // Whoever refuses need not have read all that was to be sent.
    const failed = (error: Error): void => reject(new CommandError(`no server answers at ${to.href}: ${error.message === '' ? String(error) : error.message}`));
    sent.on('error', failed);
    sent.setTimeout(quietMs, () => sent.destroy(new Error(`nothing has come for ${quietMs / 1000} seconds`)));
    if (body === undefined) sent.end();
    else
      pipeline(body.stream, sent).catch((error: NodeJS.ErrnoException) => {
        // What the file system says is about what was to be sent.
        if (error.syscall === 'read' || error.syscall === 'open') reject(new CommandError(error.message));
      });
  });
}
