/** Requests with any Host header, on a connection of their own unless an agent is given; and bare sockets. */
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';

export type Ask = {
  path?: string;
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  agent?: Agent;
};
export type Answer = { status: number; statusText: string; headers: IncomingHttpHeaders; text: string; bytes: Buffer };

/** @returns the whole answer; rejects when the connection breaks before its end */
export function send(port: number, ask: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { path, method, headers, body, agent = false } = ask;
    const call = request(
      { host: '127.0.0.1', port, path, method: method ?? (body === undefined ? 'GET' : 'POST'), headers: { ...headers }, agent },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          resolve({ status: response.statusCode ?? 0, statusText: response.statusMessage ?? '', headers: response.headers, text: bytes.toString(), bytes });
        });
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

/** A connection for what no HTTP client would send. */
export class RawClient {
  readonly socket: Socket;
  received = '';
  /** Resolves when the other side has closed, or the connection broke. */
  readonly closed: Promise<void>;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('latin1').on('data', (text: string) => {
      this.received += text;
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => resolve());
      this.socket.on('error', () => resolve());
      this.socket.on('end', () => this.socket.end());
    });
  }

  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Resolves once what has come matches. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received)) {
      if (this.socket.destroyed) throw new Error(`the connection has ended after ${JSON.stringify(this.received)}`);
      await new Promise<void>((resolve) => {
        this.socket.once('data', () => resolve());
        this.socket.once('close', () => resolve());
      });
    }
    return this.received;
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** Sends text and reads until the server closes. */
export async function rawRequest(port: number, text: string): Promise<string> {
  const client = new RawClient(port);
  client.write(text);
  await client.closed;
  return client.received;
}
