/**
 * `Request.serviceFetch`: a request to another worker.
 *
 * Contract: it belongs to one event, and ends with it; nothing in the arguments is trusted.
 */
import { Readable } from 'node:stream';
import { type BodyArgument, openBody } from '../body-argument.ts';
import { StreamBody } from '../body-stream.ts';
import { beginCall, endCall } from '../calls.ts';
import type { RequestOp } from '../op.ts';
import { ServiceClient } from '../service-client.ts';
import { callingEvent, headOf, originOf, serviceAt } from '../service-target.ts';

export const serviceFetch: RequestOp = async (context, eventId, call, ...args) => {
  const [service, method, url, headers, kind, body, length, cf] = args;
  const event = callingEvent(context, eventId);
  const origin = originOf(context, event);
  const target = serviceAt(context, service);
  const head = headOf(method, url, headers);
  const controller = beginCall(context.handles, call);
  let opened: BodyArgument | undefined;
  try {
    opened = openBody(context, call, kind, body, length);
    const client = new ServiceClient({ context, event }, String(method));
    controller.signal.addEventListener('abort', () => client.leave());
    const isInline = typeof opened.body === 'string' || opened.body instanceof Uint8Array;
    const framing = framingOf(opened);
    context.invoker.fetch(
      target,
      origin,
      {
        head: framing === undefined ? head : withHeader(head, framing),
        body: opened.body instanceof Readable ? new StreamBody(opened.body, { length: opened.length }) : undefined,
        inline: isInline ? (opened.body as string | Uint8Array) : undefined,
        cf: typeof cf === 'string' ? cf : 'null',
      },
      client,
    );
    return await client.answer;
  } finally {
    endCall(context.handles, call, opened?.upload);
  }
};

/** What a body's length looks like to whoever gets it, as over a connection. */
function framingOf({ body, length }: BodyArgument): string | undefined {
  if (body === undefined) return undefined;
  const known = typeof body === 'string' ? Buffer.byteLength(body) : body instanceof Uint8Array ? body.byteLength : length;
  return known === undefined ? 'transfer-encoding\nchunked' : `content-length\n${known}`;
}

function withHeader(head: string, header: string): string {
  // What the caller says of it is dropped: it need not be true.
  const [method = '', url = '', ...lines] = head.split('\n');
  const kept: string[] = [];
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const name = lines[i]?.toLowerCase();
    if (name !== 'content-length' && name !== 'transfer-encoding') kept.push(String(lines[i]), String(lines[i + 1]));
  }
  return [method, url, header, ...kept].join('\n');
}
