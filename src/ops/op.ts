/**
 * What an op is on the host: a function of the calling isolate's context and of hostile arguments.
 */
import type { Handles } from './handles.ts';

/** An error an op answers with; name and message are shown to the tenant, so they name no host path and no other app. */
export class OpError extends Error {
  /** @param name of the JavaScript error or DOMException to raise in the isolate: "TypeError", "OperationError"… */
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** The calling isolate, as ops see it. `event` is the number the isolate sent; ops that need an event check it. */
export interface OpContext {
  readonly handles: Handles;
}

/** A primitive, ArrayBuffer or Uint8Array; several values make an array. */
export type Reply = unknown;

/** An op that is answered later. It throws or rejects with OpError for what the tenant should see. */
export type RequestOp<C extends OpContext = OpContext> = (context: C, event: number, ...args: unknown[]) => Promise<Reply> | Reply;
/** An op the isolate's thread waits for: it must be quick and never do I/O. */
export type SyncOp<C extends OpContext = OpContext> = (context: C, event: number, ...args: unknown[]) => Reply;
