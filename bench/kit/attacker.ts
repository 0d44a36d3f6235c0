/** A client that asks for the same attack again as soon as it has been answered. */
import { createServer } from 'node:http';
import { ask } from './client.ts';

export class Attacker {
  readonly #done: Promise<void>;
  #stopped = false;
  answers = 0;

  /** @param attack one attack; it may fail, and may never end */
  constructor(attack: () => Promise<unknown>) {
    this.#done = this.#loop(attack);
  }

  /** Does not wait for an attack that never ends. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.race([this.#done, new Promise((resolve) => setTimeout(resolve, 1000))]);
  }

  async #loop(attack: () => Promise<unknown>): Promise<void> {
    while (!this.#stopped) {
      await attack().then(
        () => this.answers++,
        () => {},
      );
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Attacks `path` of the host. */
export const attackOn =
  (port: number, host: string, path: string): (() => Promise<unknown>) =>
  () =>
    ask(port, path, host, 30_000);

export type SilentServer = { url: string; mostConnections(): number; forget(): void; stop(): void };

/** Takes requests and never answers; knows how many connections there were at the same time. */
export async function startSilentServer(): Promise<SilentServer> {
  let open = 0;
  let most = 0;
  const server = createServer(() => {});
  server.on('connection', (socket) => {
    open++;
    most = Math.max(most, open);
    socket.on('close', () => open--).on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    mostConnections: () => most,
    forget: () => {
      most = open;
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
