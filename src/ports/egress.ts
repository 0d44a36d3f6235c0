/** Outbound network under an app's policy. Implemented in ops/egress, handed to the ops by the app layer. */
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { HostBody } from './host-body.ts';

export type OutboundRequest = {
  method: string;
  /** Absolute http: or https: URL, serialised. */
  url: string;
  /** `name\nvalue\n…` */
  headers: string;
  body: string | Uint8Array | Readable | undefined;
  redirect: 'follow' | 'error' | 'manual';
  signal: AbortSignal;
};

export type OutboundResponse = {
  status: number;
  statusText: string;
  headers: string;
  /** After redirects. */
  url: string;
  redirected: boolean;
  /** Undefined for a null body. */
  body: HostBody | undefined;
};

/** An app's rules, on top of the server's. Patterns are host names ("api.example.com", "*.example.com"), addresses or CIDR blocks, each with an optional ":port". */
export type EgressPolicy = {
  /** Loopback, private, link-local and metadata addresses: refused unless "all"; "loopback" lets only loopback through (nano dev). */
  private: 'deny' | 'loopback' | 'all';
  /** When not empty, nothing else may be reached. An app's own list: it narrows, it never opens the private network. */
  allow: readonly string[];
  /** What may be reached though it is private, whatever `allow` says: the operator's list, never an app's. */
  privateAllow: readonly string[];
  deny: readonly string[];
};

export type ConnectTarget = {
  host: string;
  port: number;
  secure: boolean;
  /** Not for HTTP: both directions end on their own, and ports of other protocols are open, but for that of mail. */
  isRaw?: boolean;
  /** The operator has named it: the app's rules do not hold, the platform's own do. */
  isTrusted?: boolean;
};

export interface Egress {
  /** It refuses everything, and nothing may take its place: no outbound worker is asked instead. */
  readonly isClosed?: true;
  /** Rejects with an error whose name and message may be shown to the tenant. `hop` counts redirects as further subrequests. */
  fetch(request: OutboundRequest, onHop: () => void): Promise<OutboundResponse>;
  /** A connection of its own, with TLS where `secure`. Rejects as `fetch` does. */
  connect(target: ConnectTarget): Promise<Socket>;
  /** Goes over to TLS on a connection that is there. Rejects as `fetch` does; the connection is gone then. */
  startTls(socket: Socket, host: string, verify: boolean): Promise<Socket>;
}
