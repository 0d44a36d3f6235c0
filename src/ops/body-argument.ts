/** Bodies as arguments and answers of ops. */
import type { Readable } from 'node:stream';
import { OpError } from '../base/op-error.ts';
import { BodyKind } from '../protocol/ops.ts';
import { takeBody } from './body-sink.ts';
import type { StreamBody } from './body-stream.ts';
import { Upload, uploadsOf } from './body-upload.ts';
import type { EventState, OpContext } from './op.ts';

/** A body that an op's arguments bring; `upload` where the isolate streams it, in parts that name the call. */
export type BodyArgument = { body: string | Uint8Array | Readable | undefined; length: number | undefined; upload: Upload | undefined };

/** Opens the body of a call: its kind (BodyKind), value and, for a stream that enforces one, length. */
export function openBody(context: OpContext, call: number, kind: unknown, body: unknown, length: unknown): BodyArgument {
  switch (kind) {
    case BodyKind.none:
      return { body: undefined, length: undefined, upload: undefined };
    case BodyKind.text:
      if (typeof body !== 'string') break;
      return { body, length: undefined, upload: undefined };
    case BodyKind.bytes:
      if (body instanceof ArrayBuffer) return { body: new Uint8Array(body), length: undefined, upload: undefined };
      if (!(body instanceof Uint8Array)) break;
      return { body, length: undefined, upload: undefined };
    case BodyKind.stream: {
      const upload = new Upload();
      uploadsOf(context.handles).set(call, upload);
      return { body: upload, length: Number.isSafeInteger(length) && (length as number) >= 0 ? (length as number) : undefined, upload };
    }
    case BodyKind.source: {
      const source = takeBody(context, body);
      return { body: source.stream(), length: source.length, upload: undefined };
    }
  }
  throw new OpError('TypeError', 'Invalid request body.');
}

/** Gives a body a handle, for the isolate to read it by. When the event is over the handle is forgotten, and the body closed unless it was passed on. */
export function adoptBody(context: OpContext, event: EventState, body: StreamBody, done?: () => void): number {
  const handle = context.handles.add(body);
  let settled = false;
  body.whenSettled(() => {
    settled = true;
    done?.();
  });
  event.atEnd(() => {
    context.handles.remove(handle);
    if (!settled) body.cancel();
  });
  return handle;
}
