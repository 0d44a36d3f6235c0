/**
 * A pool of processes, as an engine sees it. See Connector for what becomes of calls while there is none.
 *
 * Contract: every call gets an answer, which is the worker's or one that `failure` makes; none rejects.
 */
import { Connector, type StorePort } from '../connector.ts';
import { eachFrame } from '../frame-reader.ts';
import { writeCall } from './wire.ts';

type Waiting = (answer: string) => void;

export class PoolClient {
  readonly #connector: Connector<Waiting>;
  readonly #failure: string;

  /** @param port is connected to when first needed @param failure the answer of a call whose fate nobody knows */
  constructor(port: StorePort, failure: string) {
    this.#failure = failure;
    this.#connector = new Connector<Waiting>(port, {
      connected: (socket) => eachFrame(socket, (body) => this.#connector.end(body.readUInt32LE(0))?.(body.toString('utf8', 4))),
      lost: (resolve) => resolve(failure),
    });
  }

  async call(owner: string, key: string, payload: string): Promise<string> {
    const socket = this.#connector.socket ?? (await this.#connector.connected());
    if (socket === undefined) return this.#failure;
    return new Promise((resolve) => {
      const call = this.#connector.begin(resolve);
      if (socket.writableCorked === 0) {
        socket.cork();
        process.nextTick(() => socket.uncork());
      }
      socket.write(writeCall(call, owner, key, payload));
    });
  }

  close(): void {
    this.#connector.close();
  }
}
