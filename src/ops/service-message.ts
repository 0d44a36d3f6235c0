/** A request with its body, as a worker gets it from another. */
import { Readable } from 'node:stream';
import type { FetchMessage } from '../ports/event-client.ts';
import type { BodyArgument } from './body-argument.ts';
import { StreamBody } from './body-stream.ts';

/**
 * @param head as `Entry.fetch` takes it
 */
export function serviceMessage(head: string, opened: BodyArgument, cf: unknown): Pick<FetchMessage, 'head' | 'body' | 'inline' | 'cf'> {
  const { body, length } = opened;
  return {
    head: body === undefined ? head : withFraming(head, framingOf(opened)),
    body: body instanceof Readable ? new StreamBody(body, { length }) : undefined,
    inline: body instanceof Readable ? undefined : body,
    cf: typeof cf === 'string' ? cf : 'null',
  };
}

/** What a body's length looks like to whoever gets it, as over a connection. */
function framingOf({ body, length }: BodyArgument): string[] {
  const known = typeof body === 'string' ? Buffer.byteLength(body) : body instanceof Uint8Array ? body.byteLength : length;
  return known === undefined ? ['transfer-encoding', 'chunked'] : ['content-length', `${known}`];
}

function withFraming(head: string, framing: readonly string[]): string {
  // What the caller says of it is dropped: it need not be true.
  const [method = '', url = '', ...lines] = head.split('\n');
  const kept: string[] = [];
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const name = lines[i]?.toLowerCase();
    if (name !== 'content-length' && name !== 'transfer-encoding') kept.push(String(lines[i]), String(lines[i + 1]));
  }
  return `${method}\n${url}\n${[...framing, ...kept].join('\n')}`;
}
