/**
 * A worker's answer to a request of another: what the callee's event sends becomes the answer to the caller's op.
 *
 * Contract: the answer settles once; a body that lives on the host passes without entering either isolate; when the
 * caller gives up or its event is over, the callee hears that nobody waits any more.
 */
import { Readable } from 'node:stream';
import { withFlatHeader } from '../base/flat-headers.ts';
import type { EventFailure, FetchClient, RunningEvent } from '../ports/event-client.ts';
import type { HostBody } from '../ports/host-body.ts';
import type { MessageSocket } from '../ports/message-socket.ts';
import { OpError } from '../base/op-error.ts';
import { adoptBody } from './body-argument.ts';
import { bodyLost } from './body-errors.ts';
import { StreamBody } from './body-stream.ts';
import { Upload } from './body-upload.ts';
import { decodeBody, isDecodable } from './content-codings.ts';
import { aborted } from './network-errors.ts';
import type { Place } from './op.ts';

/** status, statusText, headers, source, body; see Request.serviceFetch. */
export type ServiceAnswer = [status: number, statusText: string, headers: string, source?: number, body?: string | Uint8Array];

export class ServiceClient implements FetchClient {
  readonly answer: Promise<ServiceAnswer>;
  readonly #caller: Place;
  readonly #isHead: boolean;
  readonly #resolve: (answer: ServiceAnswer) => void;
  readonly #reject: (error: OpError) => void;
  readonly #accept: ((headers: string) => MessageSocket) | undefined;
  #event: RunningEvent | undefined;
  #forget: () => void;
  #body: Upload | undefined;
  #isLeft = false;
  #isOver = false;

  /** @param accept makes the callee's end of a WebSocket, where the request asks for one */
  constructor(caller: Place, method: string, accept?: (headers: string) => MessageSocket) {
    this.#accept = accept;
    const { promise, resolve, reject } = Promise.withResolvers<ServiceAnswer>();
    this.answer = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#caller = caller;
    this.#isHead = method === 'HEAD';
    this.#forget = caller.event.atEnd(() => this.leave());
  }

  /** The caller waits no more. */
  leave(): void {
    if (this.#isLeft || this.#isOver) return;
    this.#isLeft = true;
    this.#reject(aborted());
    this.#event?.clientGone();
  }

  started(event: RunningEvent): void {
    this.#event = event;
    if (this.#isLeft) event.clientGone();
  }

  send(status: number, statusText: string, headers: string, body: string | Uint8Array | undefined, isEncoded?: boolean): void {
    if (body !== undefined && !this.#isHead && this.#isCoded(headers, isEncoded)) {
      this.#end();
      return this.#give(status, statusText, headers, new StreamBody(decodeBody(Readable.from([body], { objectMode: false }), codingIn(headers))));
    }
    this.#end();
    if (body === undefined || this.#isHead) this.#resolve([status, statusText, headers, 0]);
    else this.#resolve([status, statusText, headers, 0, body]);
  }

  start(status: number, statusText: string, headers: string, isEncoded?: boolean, said?: string): boolean {
    this.#body = new Upload();
    const isCoded = this.#isCoded(headers, isEncoded);
    const stream = isCoded ? decodeBody(this.#body, codingIn(headers)) : this.#body;
    // Whoever has it by then, the caller or a client that it was passed on to: nobody wants the rest.
    stream.on('close', () => {
      if (!stream.readableEnded) this.leave();
    });
    const length = isCoded ? undefined : lengthIn(headers);
    const head = this.#isHead && said !== undefined && length === undefined ? withFlatHeader(headers, 'content-length', said) : headers;
    this.#give(status, statusText, head, new StreamBody(stream, { length }));
    return true;
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#isHead) return undefined;
    if (this.#body === undefined || this.#body.destroyed) throw bodyLost();
    return this.#body.write(chunk);
  }

  end(): void {
    this.#body?.close();
    this.#end();
  }

  abort(): void {
    this.#body?.destroy(bodyLost());
    this.#end();
  }

  /** The body is the caller's from here on: the callee need not stay for it. */
  async pipe(status: number, statusText: string, headers: string, body: HostBody, isEncoded?: boolean): Promise<void> {
    if (!(body instanceof StreamBody)) throw new Error('a body of an unknown kind');
    this.#end();
    this.#give(status, statusText, headers, this.#isCoded(headers, isEncoded) ? new StreamBody(decodeBody(body.stream(), codingIn(headers))) : body);
  }

  fail(failure: EventFailure): void {
    this.#end();
    // The exception goes on in the caller, as if it had been thrown there.
    if (failure.name === 'exception' || failure.name === 'startup') this.#resolve([0, failure.error.name, failure.error.message]);
    else this.#reject(new OpError('Error', failure.error.message));
  }

  upgrade(headers: string): MessageSocket | undefined {
    this.#end();
    if (this.#accept !== undefined && !this.#isLeft) {
      this.#resolve([101, 'Switching Protocols', headers, 0]);
      return this.#accept(headers);
    }
    const message = 'Worker tried to return a WebSocket in a response to a request which did not contain the header "Upgrade: websocket".';
    this.#resolve([0, 'TypeError', message]);
    return undefined;
  }

  #give(status: number, statusText: string, headers: string, body: StreamBody): void {
    const { context, event } = this.#caller;
    if (this.#isLeft || this.#isHead) {
      body.cancel();
      this.#resolve([status, statusText, headers, 0]);
      return;
    }
    const source = adoptBody(context, event, body);
    this.#resolve([status, statusText, headers, source]);
  }

  /** The caller reads what the body says, and not its coding; its own client gets it coded again. */
  #isCoded(headers: string, isEncoded: boolean | undefined): boolean {
    return isEncoded === true && isDecodable(codingIn(headers));
  }

  #end(): void {
    this.#isOver = true;
    this.#forget();
  }
}

/** What the callee's stream enforces itself. */
function lengthIn(headers: string): number | undefined {
  const length = headerIn(headers, 'content-length');
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

const codingIn = (headers: string): string => headerIn(headers, 'content-encoding') ?? '';

function headerIn(headers: string, name: string): string | undefined {
  const lines = headers.split('\n');
  for (let i = 0; i + 1 < lines.length; i += 2) if (lines[i]?.toLowerCase() === name) return lines[i + 1];
  return undefined;
}
