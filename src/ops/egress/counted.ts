/** An app's way out, with a word for every request and connection of what became of it. */
import type { Socket } from 'node:net';
import type { ConnectTarget, Egress, OutboundRequest, OutboundResponse } from '../../ports/egress.ts';
import { EgressRefusedError } from '../network-errors.ts';

export type Outcome = 'ok' | 'failed' | 'refused';

export class CountedEgress implements Egress {
  readonly #egress: Egress;
  readonly #tell: (outcome: Outcome) => void;

  /** @param tell told once for each request, each of its redirects, and each connection */
  constructor(egress: Egress, tell: (outcome: Outcome) => void) {
    this.#egress = egress;
    this.#tell = tell;
  }

  fetch(request: OutboundRequest, onHop: () => void): Promise<OutboundResponse> {
    const hop = (): void => {
      // What was redirected has been answered.
      this.#tell('ok');
      onHop();
    };
    return this.#counted(this.#egress.fetch(request, hop));
  }

  connect(target: ConnectTarget): Promise<Socket> {
    return this.#counted(this.#egress.connect(target));
  }

  startTls(socket: Socket, host: string, verify: boolean): Promise<Socket> {
    return this.#egress.startTls(socket, host, verify);
  }

  async #counted<T>(request: Promise<T>): Promise<T> {
    try {
      const answer = await request;
      this.#tell('ok');
      return answer;
    } catch (error) {
      this.#tell(error instanceof EgressRefusedError ? 'refused' : 'failed');
      throw error;
    }
  }
}
