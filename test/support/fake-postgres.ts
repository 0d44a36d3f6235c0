/**
 * As much of a PostgreSQL server as a driver needs: TLS on request, SCRAM-SHA-256, extended and simple queries.
 *
 * It knows three statements: one with parameters answers with their sum, one that says `rows N` with N rows, and
 * every other with an error.
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

export type FakePostgres = {
  port: number;
  /** What connections have done, in order: "tls", "authenticated", "query …", "terminated", "lost". */
  log: string[];
  close(): Promise<void>;
};

const SSL_REQUEST = 80877103;
const INT4 = 23;

/** @param tls the server's key and certificate, where it offers TLS */
export async function fakePostgres(password: string, tls?: { key: string; cert: string }): Promise<FakePostgres> {
  const log: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    new Session(socket, password, tls, log).run().catch(() => {
      log.push('lost');
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    log,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Session {
  #socket: Socket;
  readonly #password: string;
  readonly #tls: { key: string; cert: string } | undefined;
  readonly #log: string[];
  #wake = (): void => {};

  constructor(socket: Socket, password: string, tls: { key: string; cert: string } | undefined, log: string[]) {
    this.#socket = socket;
    this.#password = password;
    this.#tls = tls;
    this.#log = log;
    this.#listen();
  }

  async run(): Promise<void> {
    let length = (await this.#take(4)).readInt32BE();
    let startup = await this.#take(length - 4);
    if (startup.readInt32BE() === SSL_REQUEST) {
      this.#socket.write(this.#tls === undefined ? 'N' : 'S');
      if (this.#tls !== undefined) await this.#startTls(this.#tls);
      length = (await this.#take(4)).readInt32BE();
      startup = await this.#take(length - 4);
    }
    await this.#authenticate();
    this.#log.push('authenticated');
    this.#send('S', text('server_version', '16.0'));
    this.#send('K', int(1), int(2));
    this.#send('Z', Buffer.from('I'));
    await this.#serve();
  }

  async #startTls(options: { key: string; cert: string }): Promise<void> {
    this.#socket.removeAllListeners('readable').removeAllListeners('end');
    const secure = new TLSSocket(this.#socket, { isServer: true, ...options });
    this.#socket = secure;
    secure.on('error', () => {});
    this.#listen();
    await new Promise((resolve, reject) => secure.once('secure', resolve).once('close', reject));
    this.#log.push('tls');
  }

  #listen(): void {
    this.#socket
      .on('readable', () => this.#wake())
      .on('end', () => this.#wake())
      .on('close', () => this.#wake());
  }

  /** SASL with SCRAM-SHA-256. @see https://datatracker.ietf.org/doc/html/rfc5802 */
  async #authenticate(): Promise<void> {
    this.#send('R', int(10), text('SCRAM-SHA-256', ''));
    const initial = (await this.#message())[1].toString();
    const clientFirst = initial.slice(initial.indexOf('n,,') + 3);
    const salt = randomBytes(16);
    const serverFirst = `r=${/r=(.*)$/.exec(clientFirst)?.[1]}${randomBytes(9).toString('base64')},s=${salt.toString('base64')},i=4096`;
    this.#send('R', int(11), Buffer.from(serverFirst));
    const final = (await this.#message())[1].toString();
    const proof = final.lastIndexOf(',p=');
    const auth = `${clientFirst},${serverFirst},${final.slice(0, proof)}`;
    const salted = pbkdf2Sync(this.#password, salt, 4096, 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const signature = hmac(createHash('sha256').update(clientKey).digest(), auth);
    const expected = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number))).toString('base64');
    if (final.slice(proof + 3) !== expected) {
      this.#error('28P01', 'password authentication failed for user "tester"');
      throw new Error('wrong password');
    }
    this.#send('R', int(12), Buffer.from(`v=${hmac(hmac(salted, 'Server Key'), auth).toString('base64')}`));
    this.#send('R', int(0));
  }

  async #serve(): Promise<void> {
    const statements = new Map<string, string>();
    let query = '';
    let parameters: number[] = [];
    for (;;) {
      const [type, body] = await this.#message();
      switch (type) {
        case 'P':
          query = body.toString('utf8', body.indexOf(0) + 1).split('\0')[0] as string;
          statements.set(body.toString('utf8').split('\0')[0] as string, query);
          this.#send('1');
          break;
        case 'D':
          this.#send('t', short(placeholders(query)), ...Array.from({ length: placeholders(query) }, () => int(INT4)));
          this.#describe();
          break;
        case 'B':
          query = statements.get(body.toString('utf8').split('\0')[1] as string) ?? '';
          parameters = boundParameters(body);
          this.#send('2');
          break;
        case 'E':
          this.#answer(query, parameters);
          break;
        case 'Q':
          query = body.toString('utf8', 0, body.length - 1);
          if (known(query)) this.#describe();
          this.#answer(query, []);
          this.#send('Z', Buffer.from('I'));
          break;
        case 'S':
          this.#send('Z', Buffer.from('I'));
          break;
        case 'X':
          this.#log.push('terminated');
          this.#socket.end();
          return;
      }
    }
  }

  #describe(): void {
    this.#send('T', short(1), text('value'), int(0), short(0), int(INT4), short(4), int(-1), short(0));
  }

  #answer(query: string, parameters: number[]): void {
    this.#log.push(`query ${query}`);
    if (!known(query)) return this.#error('42601', `syntax error at or near "${query.split(' ')[0]}"`);
    const count = Number(/rows (\d+)/.exec(query)?.[1] ?? 1);
    for (let row = 0; row < count; row++) {
      const value = Buffer.from(`${parameters.length > 0 ? parameters.reduce((a, b) => a + b) : row}`);
      this.#send('D', short(1), int(value.length), value);
    }
    this.#send('C', text(`SELECT ${count}`));
  }

  #error(code: string, message: string): void {
    this.#send('E', text('SERROR', `C${code}`, `M${message}`), Buffer.of(0));
  }

  #send(type: string, ...parts: Buffer[]): void {
    const body = Buffer.concat(parts);
    this.#socket.write(Buffer.concat([Buffer.from(type), int(body.length + 4), body]));
  }

  async #message(): Promise<[type: string, body: Buffer]> {
    const head = await this.#take(5);
    const length = head.readInt32BE(1) - 4;
    return [String.fromCharCode(head[0] as number), length === 0 ? Buffer.alloc(0) : await this.#take(length)];
  }

  async #take(count: number): Promise<Buffer> {
    for (;;) {
      const bytes: Buffer | null = this.#socket.readableLength < count ? null : this.#socket.read(count);
      if (bytes !== null) return bytes;
      this.#socket.read(0);
      if (this.#socket.readableEnded || this.#socket.destroyed) throw new Error('the client has gone');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const known = (query: string): boolean => /^select/i.test(query);
const placeholders = (query: string): number => new Set(query.match(/\$\d+/g)).size;
const hmac = (key: Buffer, value: string): Buffer => createHmac('sha256', key).update(value).digest();
const text = (...values: string[]): Buffer => Buffer.from(values.map((value) => `${value}\0`).join(''));

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function short(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

/** The parameters of a Bind message, as numbers. */
function boundParameters(body: Buffer): number[] {
  let at = body.indexOf(0, body.indexOf(0) + 1) + 1;
  at += 2 + 2 * body.readInt16BE(at);
  const count = body.readInt16BE(at);
  at += 2;
  return Array.from({ length: count }, () => {
    const length = body.readInt32BE(at);
    at += 4 + length;
    return Number(body.toString('utf8', at - length, at));
  });
}
