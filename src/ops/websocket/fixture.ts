/** What the tests of WebSockets share: a scripted socket, and an isolate's event that runs its turns at once. */
import type { MessageSocket, SocketListener } from '../../ports/message-socket.ts';
import { SocketEvent } from '../../protocol/ops.ts';
import type { TestIsolate } from '../egress/fixture.ts';

/** A MessageSocket that keeps what it is told, and says what the test wants. */
export class ScriptedSocket implements MessageSocket {
  readonly protocol = '';
  readonly extensions = '';
  readonly calls: unknown[][] = [];
  /** Ends the sends under way, in order. */
  readonly sent: (() => void)[] = [];
  listener: SocketListener | undefined;

  start(listener: SocketListener): void {
    this.listener = listener;
  }
  send(data: string | Uint8Array, sent: () => void): void {
    this.calls.push(['send', data]);
    this.sent.push(sent);
  }
  close(code: number, reason: string): void {
    this.calls.push(['close', code, reason]);
  }
  terminate(): void {
    this.calls.push(['terminate']);
  }
  pause(): void {
    this.calls.push(['pause']);
  }
  resume(): void {
    this.calls.push(['resume']);
  }
}

/** What the isolate was told of a socket: [kind, ...values]. */
export function toldOf(isolate: TestIsolate, socket: number): unknown[][] {
  return isolate.delivered
    .filter((args) => args[2] === socket)
    .map((args) => args.slice(3).map((value) => (value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value)));
}

/** Runs every turn as it comes, and resolves when `ready` says so. */
export function until(isolate: TestIsolate, ready: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const check = (): void => {
    while (isolate.turns.length > 0) isolate.turns.shift()?.();
    if (ready()) resolve();
  };
  isolate.onDelivery = () => setImmediate(check);
  check();
  return promise;
}

/** Has the isolate been told this of the socket? */
export const wasTold =
  (isolate: TestIsolate, socket: number, kind: keyof typeof SocketEvent, times = 1) =>
  (): boolean =>
    toldOf(isolate, socket).filter((it) => it[0] === SocketEvent[kind]).length >= times;
