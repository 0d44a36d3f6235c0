/** Stored data of a running server, through its admin port. */
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { type DataAnswer, type DataBody, DataError, type StoredData } from '../../ports/stored-data.ts';
import { CommandError } from '../command.ts';

export type RemoteOptions = { to: URL; group: string; token: string | undefined };

/** An answer that is no stream is read whole: what a server may make this process hold. */
const MOST_ANSWER_BYTES = 512 * 1024 * 1024;

export function remoteData(options: RemoteOptions): StoredData {
  return { call: (operation, args, body) => call(options, operation, args, body) };
}

async function call(options: RemoteOptions, operation: string, args: Readonly<Record<string, unknown>>, body: DataBody | undefined): Promise<DataAnswer> {
  const response = await ask(options, operation, args, body);
  const { statusCode, headers } = response;
  if (headers['x-nano-admin'] === undefined) {
    response.destroy();
    throw new CommandError(`what answers at ${options.to.href} is not the admin port of a NANO server (status ${statusCode})`);
  }
  if (statusCode === 200 && headers['content-type'] === 'application/octet-stream') {
    const length = headers['content-length'];
    return { stream: response, length: length === undefined ? undefined : Number(length) };
  }
  const text = await read(response).catch((error: unknown) => {
    throw new CommandError(`${options.to.href} broke off: ${(error as Error).message}`);
  });
  const parsed = parse(text);
  if (statusCode === 200 && parsed !== undefined && 'value' in parsed) return { value: parsed['value'] };
  const said = typeof parsed?.['error'] === 'string' ? parsed['error'] : text.trim().slice(0, 200);
  throw new DataError(statusCode === 400 ? 'invalid' : statusCode === 404 ? 'missing' : 'failed', said === '' ? `status ${statusCode}` : said);
}

function ask({ to, group, token }: RemoteOptions, operation: string, args: object, body: DataBody | undefined): Promise<IncomingMessage> {
  const query = new URLSearchParams({ group, args: JSON.stringify(args) });
  const headers: Record<string, string | number> = { ...(token !== undefined && { authorization: `Bearer ${token}` }) };
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
    if (body === undefined) sent.end();
    else
      pipeline(body.stream, sent).catch((error: NodeJS.ErrnoException) => {
        // What the file system says is about what was to be sent.
        if (error.syscall === 'read' || error.syscall === 'open') reject(new CommandError(error.message));
      });
  });
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_ANSWER_BYTES) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
