/** Stores in another process. See Connector for what becomes of calls while there is none. */
import { OpError } from '../base/op-error.ts';
import type { StoreAddress, Stores } from '../ports/stores.ts';
import { Connector, type StorePort } from './connector.ts';
import { FrameSender, receiveMessages } from './frames.ts';
import type { AnswerFrame, CallFrame } from './store-line.ts';

type Waiting = { resolve: (value: unknown) => void; reject: (error: OpError) => void };

const lost = (): OpError => new OpError('Error', 'Internal error: the storage was restarted while it worked on this; it may or may not have been done.');
const absent = (): OpError => new OpError('Error', 'Internal error: the storage of this server does not answer.');

export class StoreClient implements Stores {
  readonly #connector: Connector<Waiting>;
  #sender: FrameSender | undefined;

  /** @param port is connected to when first needed */
  constructor(port: StorePort) {
    this.#connector = new Connector<Waiting>(port, {
      connected: (socket) => {
        this.#sender = new FrameSender(socket, true);
        receiveMessages(socket, (message) => this.#receive(message as [...AnswerFrame, string?]));
      },
      lost: ({ reject }) => reject(lost()),
    });
  }

  async call(address: StoreAddress, method: string, args: readonly unknown[]): Promise<unknown> {
    const connector = this.#connector;
    if (connector.socket === undefined && (await connector.connected()) === undefined) throw absent();
    return new Promise((resolve, reject) => {
      const call = connector.begin({ resolve, reject });
      this.#sender?.send([call, address, method, args] satisfies CallFrame, () =>
        connector.end(call)?.reject(new OpError('TypeError', 'The value cannot be stored.')),
      );
    });
  }

  close(): void {
    this.#connector.close();
  }

  #receive([call, ok, first, second]: [...AnswerFrame, string?]): void {
    const waiting = this.#connector.end(call);
    if (ok === 1) waiting?.resolve(first);
    else waiting?.reject(new OpError(String(first), String(second)));
  }
}
