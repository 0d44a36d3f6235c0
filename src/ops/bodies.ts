/** The ops on bodies: reading host bodies, and writing the response's and an upload's. */
import { Post, Request, Sync } from '../protocol/ops.ts';
import { bodyGone } from './body-errors.ts';
import { respond, sinkOf, takeBody } from './body-sink.ts';
import { StreamBody } from './body-stream.ts';
import { uploadsOf } from './body-upload.ts';
import { OpError } from '../base/op-error.ts';
import type { OpContext, PostOp, RequestOp, SyncOp } from './op.ts';

/** Chunks arrive as ArrayBuffer or Uint8Array; anything else is no chunk. */
function chunkOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw new OpError('TypeError', 'A chunk of a body must be bytes.');
}

async function read(context: OpContext, handle: unknown): Promise<Uint8Array | null> {
  const body = context.handles.get(handle, StreamBody);
  if (body === undefined) throw bodyGone();
  const chunk = await body.read();
  if (chunk === null) context.handles.remove(handle);
  return chunk;
}

/** The request ops on bodies. */
export const bodyRequests: Record<number, RequestOp> = {
  [Request.sourceRead]: (context, _event, _call, source) => read(context, source),
  [Request.sourceText]: (context, _event, _call, source) => takeBody(context, source).text(),
  [Request.sourceBytes]: (context, _event, _call, source) => takeBody(context, source).bytes(),
  [Request.sinkWrite]: (context, event, _call, chunk) => sinkOf(context.event(event)).write(chunkOf(chunk)),
  [Request.uploadWrite]: (context, _event, _call, fetchCall, chunk) => {
    const upload = uploadsOf(context.handles).get(fetchCall);
    if (upload === undefined) throw new OpError('TypeError', 'The request body can no longer be sent: the request is over.');
    return upload.write(chunkOf(chunk));
  },
};

/** The sync ops on bodies. */
export const bodySyncs: Record<number, SyncOp> = {
  [Sync.sourceLength]: (context, _event, source) => context.handles.get(source, StreamBody)?.length ?? -1,
};

/** The post ops on bodies. */
export const bodyPosts: Record<number, PostOp> = {
  [Post.respond]: respond,
  [Post.sourceCancel]: (context, _event, source) => {
    if (context.handles.get(source, StreamBody) !== undefined) takeBody(context, source).cancel();
  },
  [Post.sinkClose]: (context, event) => sinkOf(context.event(event)).close(),
  [Post.sinkAbort]: (context, event) => sinkOf(context.event(event)).abort(),
  [Post.uploadClose]: (context, _event, fetchCall) => uploadsOf(context.handles).get(fetchCall)?.close(),
  [Post.uploadAbort]: (context, _event, fetchCall) => uploadsOf(context.handles).get(fetchCall)?.abort(),
};
