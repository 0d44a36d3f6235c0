/**
 * The contract of a binding on the host: what `env.NAME` of one app comes to, and what it may use.
 *
 * Contract, binding on every product: arguments are a tenant's and hostile; whatever is to be seen by the tenant
 * is an OpError with Cloudflare's words; a binding acts for its own app only, with what its scope gives it.
 */
import type { Readable } from 'node:stream';
import type { Stores } from '../ports/stores.ts';
import type { BindingType, Json } from '../protocol/bindings.ts';
import type { BlobUse } from '../storage/blobs.ts';
import type { AssetFiles } from './assets/files.ts';
import type { AssetSite } from './assets/site.ts';

/** A body an argument brings: see BodyKind. */
export type BodyArgument = { body: string | Uint8Array | Readable | undefined /** Bytes, where known. */; length: number | undefined };

/** The event that calls, as a binding sees it. */
export interface Caller {
  readonly requestId: string;
  /** Aborted when the event is over or its client gone. */
  readonly signal: AbortSignal;
  /** Takes a body that came as two or three arguments (kind, value, length); a streamed one follows chunk by chunk. */
  takeBody(kind: unknown, value: unknown, length: unknown): BodyArgument;
  /** Hands the isolate a body, to be read when it wants to. @returns its number, for the answer */
  giveBody(body: Readable | Uint8Array, length?: number): number;
}

/** A primitive, ArrayBuffer or Uint8Array; several values make an array. */
export type Reply = unknown;

/** A database or the like that TCP sockets can be opened to through a binding. */
export type Origin = {
  readonly host: string;
  readonly port: number;
  /** The operator has named it: it may be in the private network. */
  readonly isTrusted: boolean;
  /** How to go over to TLS once connected; "verify" wants the certificate to be the host's. */
  readonly tls: 'off' | 'on' | 'verify';
};

export interface Binding {
  /** Where TCP sockets of this binding go. */
  readonly origin?: Origin;
  /**
   * Carries out a call of the isolate's.
   * @param method as the product's runtime part names it; anything may come
   * @throws OpError
   */
  call(method: string, args: readonly unknown[], caller: Caller): Reply | Promise<Reply>;
  close?(): void;
}

/** An app's static assets, and where files of all apps are kept in memory. */
export type OpenAssets = { readonly site: AssetSite; readonly files: AssetFiles };

/** What a binding may use of its surroundings. */
export type BindingScope = {
  /** The app's static assets, where it has any. */
  readonly assets: OpenAssets | undefined;
  readonly app: string;
  readonly version: string;
  /** Apps of one group share what has the same id. */
  readonly group: string;
  readonly stores: Stores;
  /** Where blobs lie: the storage folder. */
  readonly storageDir: string;
  readonly fsync: 'full' | 'normal';
} & BlobUse;

/** A kind of binding. */
export interface BindingManifest {
  readonly type: BindingType;
  /** The one store it calls, for those that have any: of its app's trust group, and let through to the group for that. */
  store?(options: Readonly<Record<string, Json>>): { product: string; id: string };
  /** @param name in env @param options as config/bindings made them */
  open(name: string, options: Readonly<Record<string, Json>>, scope: BindingScope): Binding;
}
