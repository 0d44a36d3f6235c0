/** What the tests of egress share: servers on free ports, a resolver that knows a table, and an isolate's context. */
import type { Server } from 'node:net';
import type { Binding } from '../../bindings/binding.ts';
import type { Egress, EgressPolicy } from '../../ports/egress.ts';
import type { HostBody } from '../../ports/host-body.ts';
import type { Responder } from '../../ports/responder.ts';
import { Handles } from '../handles.ts';
import type { Invoker } from '../../ports/invoker.ts';
import type { EventState, OpContext, Place } from '../op.ts';
import { TestEnd } from '../end.fixture.ts';
import { EgressAgents, type AgentsOptions } from './agents.ts';
import { UndiciEgress } from './egress.ts';
import type { Resolve } from './resolver.ts';

type Closing = { after(callback: () => unknown): void };

/** Starts a server on a free port, closed with the test, connections included. */
export async function listen(t: Closing, server: Server & { closeAllConnections?(): void }, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A resolver that knows what the table says; a function answers anew each time. */
export function tableResolver(table: Record<string, string[] | (() => string[])>): Resolve {
  return async (host) => {
    const entry = table[host];
    if (entry === undefined) throw new Error('ENOTFOUND');
    return (typeof entry === 'function' ? entry() : entry).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
}

/** An egress whose pools are closed with the test. Loopback is open unless the policy says otherwise. */
export function egressFor(t: Closing, policy: Partial<EgressPolicy> = {}, options: AgentsOptions = {}): UndiciEgress {
  const agents = new EgressAgents(options);
  t.after(() => agents.dispose());
  return new UndiciEgress(agents, { private: 'loopback', allow: [], privateAllow: [], deny: [], ...policy });
}

/** A Responder that keeps what it is given. */
class RecordingResponder implements Responder {
  readonly calls: unknown[][] = [];
  readonly chunks: Uint8Array[] = [];
  body: Promise<string> | undefined;
  /** What the next write returns. */
  pending: Promise<void> | undefined;

  send(...args: unknown[]): void {
    this.calls.push(['send', ...args]);
  }
  start(...args: unknown[]): boolean {
    this.calls.push(['start', ...args]);
    return true;
  }
  write(chunk: Uint8Array): Promise<void> | undefined {
    this.chunks.push(chunk);
    return this.pending;
  }
  end(): void {
    this.calls.push(['end']);
  }
  abort(): void {
    this.calls.push(['abort']);
  }
  async pipe(status: number, statusText: string, headers: string, body: HostBody): Promise<void> {
    this.calls.push(['pipe', status, statusText, headers]);
    this.body = (async () => {
      let text = '';
      for await (const chunk of body.stream()) text += chunk;
      return text;
    })();
    await this.body;
  }
}

/** One isolate with one event, number 1. */
export class TestIsolate implements OpContext {
  readonly app = 'tested';
  readonly group = 'default';
  invoker: Invoker<Place> = { fetch: () => {}, open: () => {} };
  loader = { find: () => undefined, load: () => Promise.reject(new Error('there is no loader')) };
  loaded = undefined;
  readonly handles = new Handles();
  readonly egress: Egress;
  readonly responder = new RecordingResponder();
  readonly end = new TestEnd();
  /** Milliseconds. */
  charged = 0;
  subrequests = 0;
  mostSubrequests = Number.POSITIVE_INFINITY;
  connections = 0;
  /** Sockets that keep the event. */
  kept = 0;
  /** What was brought to the isolate, and what ends each of those turns. */
  readonly delivered: unknown[][] = [];
  readonly turns: (() => void)[] = [];
  onDelivery: (() => void) | undefined;
  /** Set it to make fetches queue. */
  turn: Promise<void> | undefined;
  /** What is in env. */
  bindings: Binding[] = [];
  readonly #event: EventState;

  constructor(egress: Egress) {
    this.egress = egress;
    this.#event = {
      id: 1,
      signal: this.end.signal,
      get ended() {
        return this.signal.aborted;
      },
      atEnd: this.end.atEnd,
      responder: this.responder,
      requestId: 'request-1',
      depth: 0,
      family: { calls: 0 },
      outbound: undefined,
      calls: undefined,
      sink: undefined,
      countCall: () => {},
      failure: undefined,
      lend: () => () => {},
      complete: () => {},
      clientGone: () => {},
      countBindingCall: () => {},
      charge: (milliseconds) => {
        this.charged += milliseconds;
      },
      countSubrequest: () => {
        if (++this.subrequests > this.mostSubrequests) throw new Error('Too many subrequests.');
      },
      acquireConnection: async () => {
        await this.turn;
        this.connections++;
        return () => void this.connections--;
      },
      keep: () => {
        this.kept++;
        return () => void this.kept--;
      },
      deliver: (args, done) => this.#deliver(args, done),
      enter: (args, done) => this.#deliver(args, done),
    };
  }

  #deliver(args: readonly unknown[], done: () => void): void {
    this.delivered.push([...args]);
    this.turns.push(done);
    this.onDelivery?.();
  }

  binding(index: unknown): Binding | undefined {
    return this.bindings[index as number];
  }

  event(id: unknown): EventState | undefined {
    return id === 1 ? this.#event : undefined;
  }
}
