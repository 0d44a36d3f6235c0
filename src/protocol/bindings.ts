/**
 * The kinds of bindings: what an app finds in `env` beside plain values.
 *
 * A kind is named once here. On the host it has a manifest (bindings/table.ts), in the isolate the chunk
 * that makes the object of it (runtime/chunks/), in configuration a reader (config/bindings/).
 */
import type { ChunkName } from './chunks.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Kind → the chunk of the runtime that has its `bind`. */
export const BINDING_CHUNKS = {
  assets: 'assets',
  kv: 'kv',
  d1: 'd1',
  service: 'rpc',
  dispatch: 'dispatch',
  loader: 'loader',
  ratelimit: 'ratelimit',
  hyperdrive: 'hyperdrive',
  analytics: 'analytics',
  queue: 'queues',
  r2: 'r2',
  secret: 'secret',
} as const satisfies Record<string, ChunkName>;

export type BindingType = keyof typeof BINDING_CHUNKS;

/** Kinds whose options are for the host alone: the isolate is told none. */
export const HOST_ONLY: ReadonlySet<BindingType> = new Set<BindingType>(['secret']);

/** A binding as an app's row has it. What its options may be is between config/bindings and the kind's manifest. */
export type BindingRecord = {
  /** Its name in env. */
  name: string;
  type: BindingType;
  options: Readonly<Record<string, Json>>;
};

/** What an isolate is told of a binding: `env[name]` is made by the kind's chunk, and calls carry the index. */
export type BindingSlot = { name: string; type: BindingType; index: number; options: Readonly<Record<string, Json>> };

/** Calls of bindings one event may make. @see https://developers.cloudflare.com/workers/platform/limits/#subrequests */
export const MOST_BINDING_CALLS = 1000;
