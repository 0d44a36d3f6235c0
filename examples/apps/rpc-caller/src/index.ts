/** A worker that calls the methods of another, ../rpc-greeter, as if they were its own. */
import { WorkerEntrypoint } from 'cloudflare:workers';

type Conversation = Disposable & { greet(name: string): Promise<string>; greetings: Promise<number> };
type Greeter = {
  fetch: typeof fetch;
  greet(name: string): Promise<string>;
  startConversation(greeting: string): Promise<Conversation> & { greet(name: string): Promise<string> };
  greetAll(names: string[], shout: (text: string) => string): Promise<string[]>;
  greetFavourite(): Promise<string>;
};

/** What the greeter may call. */
export class Names extends WorkerEntrypoint {
  favourite(): string {
    return 'Ada';
  }
}

export default {
  async fetch(request: Request, { GREETER }: { GREETER: Greeter }): Promise<Response> {
    const { pathname } = new URL(request.url);
    switch (pathname) {
      case '/greet':
        return new Response(`${await GREETER.greet('World')}\n`);
      case '/conversation': {
        using conversation = await GREETER.startConversation('Good morning');
        const lines = [await conversation.greet('Ada'), await conversation.greet('Grace')];
        return new Response(`${lines.join('\n')}\n${await conversation.greetings} greetings\n`);
      }
      case '/pipelined':
        // The second call does not wait for the first to be awaited.
        return new Response(`${await GREETER.startConversation('Good evening').greet('Barbara')}\n`);
      case '/callback':
        return Response.json(await GREETER.greetAll(['Ada', 'Grace'], (text) => text.toUpperCase()));
      case '/circle':
        return new Response(`${await GREETER.greetFavourite()}\n`);
      case '/fetch':
        return GREETER.fetch(request);
      default:
        return new Response('Try /greet, /conversation, /pipelined, /callback, /circle or /fetch.\n');
    }
  },
};
