/**
 * The connection pools: one per app and policy. No app reuses a connection that only another app's rules allowed, waits for
 * one that another app holds, or gets the answer to another app's request from a server that has lost count.
 */
import { Agent, type Dispatcher } from 'undici';
import type { Socket } from 'node:net';
import { policyConnector, upgradeConnection } from './connector.ts';
import { CompiledPolicy, type ForbiddenEndpoint } from './policy.ts';
import type { AppOpenings } from '../../base/openings.ts';
import { type Resolve, systemResolver } from './resolver.ts';
import type { EgressPolicy } from '../../ports/egress.ts';

export type AgentsOptions = {
  /** Ports of the platform's own, closed to every app. */
  forbidden?: readonly ForbiddenEndpoint[];
  resolve?: Resolve;
  /** Trust settings for TLS (a private CA). */
  tls?: { ca?: string | Buffer | (string | Buffer)[] };
  /** Pools kept; the least recently used one is closed beyond it, when its requests are done. */
  pools?: number;
  connectTimeoutMs?: number;
  /** Until the response's head has arrived. */
  headersTimeoutMs?: number;
  /** Between two chunks of a response body that is being read. */
  bodyTimeoutMs?: number;
  /** Of a response. */
  headerBytes?: number;
  /**
   * Offers HTTP/2 to servers, for requests without a body only: see hop.ts. Off unless wanted: decision 21.
   */
  http2?: boolean;
  /** Open connections to one origin; further requests queue. */
  connections?: number;
};

/** Whose connections they are. */
export type EgressOwner = { readonly app: string; readonly openings?: AppOpenings | undefined };

export class EgressAgents {
  readonly #options: AgentsOptions;
  readonly #resolve: Resolve;
  /** In order of use, the latest last. */
  readonly #agents = new Map<string, Agent>();

  constructor(options: AgentsOptions = {}) {
    this.#options = options;
    this.#resolve = options.resolve ?? systemResolver();
  }

  /** Throws EgressPatternError for rules that cannot be understood. */
  compile(policy: EgressPolicy): CompiledPolicy {
    return new CompiledPolicy(policy, this.#options.forbidden);
  }

  /** The pool of an app's policy. Use it at once: a pool that is not being used may be closed by the next call. */
  get(policy: CompiledPolicy, owner: EgressOwner): Dispatcher {
    const key = `${owner.app}\n${policy.key}`;
    let agent = this.#agents.get(key);
    if (agent === undefined) agent = this.#create(policy, owner);
    else this.#agents.delete(key);
    this.#agents.set(key, agent);
    return agent;
  }

  #create(policy: CompiledPolicy, { openings }: EgressOwner): Agent {
    const {
      pools = 2048,
      tls = {},
      connectTimeoutMs = 30_000,
      headersTimeoutMs = 100_000,
      bodyTimeoutMs = 300_000,
      headerBytes = 128 * 1024,
      connections = 1024,
      http2 = false,
    } = this.#options;
    for (const [key, oldest] of this.#agents) {
      if (this.#agents.size < pools) break;
      this.#agents.delete(key);
      oldest.close().catch(() => {});
    }
    return new Agent({
      connect: policyConnector({ policy, resolve: this.#resolve, timeoutMs: connectTimeoutMs, tls, openings }),
      allowH2: http2,
      headersTimeout: headersTimeoutMs,
      bodyTimeout: bodyTimeoutMs,
      maxHeaderSize: headerBytes,
      connections,
      pipelining: 1,
      keepAliveTimeout: 4_000,
      // A server's hint must not keep thousands of idle sockets open.
      keepAliveMaxTimeout: 60_000,
    });
  }

  /** How connections of a policy are opened, where they belong to no pool. */
  connector(policy: CompiledPolicy, { openings }: EgressOwner, isRaw = false): ReturnType<typeof policyConnector> {
    const { tls = {}, connectTimeoutMs = 30_000 } = this.#options;
    return policyConnector({ policy, resolve: this.#resolve, timeoutMs: connectTimeoutMs, tls, isRaw, openings });
  }

  /** Goes over to TLS. */
  startTls(socket: Socket, host: string, verify: boolean): Promise<Socket> {
    const { tls = {}, connectTimeoutMs = 30_000 } = this.#options;
    return upgradeConnection(socket, host, verify, { tls, timeoutMs: connectTimeoutMs });
  }

  /** Pools in existence. */
  get size(): number {
    return this.#agents.size;
  }

  /** Cuts every connection. */
  async dispose(): Promise<void> {
    const agents = [...this.#agents.values()];
    this.#agents.clear();
    await Promise.all(agents.map((agent) => agent.destroy()));
  }
}
