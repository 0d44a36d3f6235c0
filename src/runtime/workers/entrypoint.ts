/**
 * What `cloudflare:workers` exports: what the core itself has to know of, and `waitUntil`. The rest is imported.ts's.
 * @see https://developers.cloudflare.com/workers/runtime-apis/bindings/service-bindings/rpc/
 */
import { currentEvent, requireEvent } from '../bridge.ts';
import { ErrorCtor } from '../primordials.ts';
import { defineInterface } from '../webidl.ts';
import { contextOf } from './execution-context.ts';

/** Base of a worker whose handlers are methods: `this.env`, `this.ctx`. One instance per event. */
export class WorkerEntrypoint {
  readonly ctx: unknown;
  readonly env: unknown;

  constructor(ctx: unknown, env: unknown) {
    this.ctx = ctx;
    this.env = env;
  }
}
defineInterface(WorkerEntrypoint, 'WorkerEntrypoint');

/** Base of an object that is passed by reference over RPC. */
export class RpcTarget {}
defineInterface(RpcTarget, 'RpcTarget');

/** `import { waitUntil } from 'cloudflare:workers'`: the current event's. */
export function waitUntil(promise: unknown): void {
  requireEvent();
  const context = contextOf(currentEvent());
  if (context === undefined) throw new ErrorCtor('waitUntil() can only be called while an event is being handled.');
  context.waitUntil(promise);
}
