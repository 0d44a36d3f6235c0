/** A worker whose methods others call: see ../rpc-caller. */
import { RpcTarget, WorkerEntrypoint } from 'cloudflare:workers';

type Env = { CALLER: { favourite(): Promise<string> } };

/** Lives as long as the caller holds its stub; the count stays here. */
class Conversation extends RpcTarget {
  #greetings = 0;
  readonly #greeting: string;

  constructor(greeting: string) {
    super();
    this.#greeting = greeting;
  }

  greet(name: string): string {
    this.#greetings++;
    return `${this.#greeting}, ${name}!`;
  }

  get greetings(): number {
    return this.#greetings;
  }
}

export default class Greeter extends WorkerEntrypoint<Env> {
  /** Requests are answered as by any worker. */
  fetch(): Response {
    return new Response('Ask rpc-caller.\n');
  }

  greet(name: string): string {
    return `Hello, ${name}!`;
  }

  /** What is given out by reference. */
  startConversation(greeting: string): Conversation {
    return new Conversation(greeting);
  }

  /** A function as an argument is called where it came from. */
  async greetAll(names: string[], shout: (text: string) => Promise<string>): Promise<string[]> {
    return Promise.all(names.map((name) => shout(this.greet(name))));
  }

  /** Asks the worker that asks. */
  async greetFavourite(): Promise<string> {
    return this.greet(await this.env.CALLER.favourite());
  }
}
