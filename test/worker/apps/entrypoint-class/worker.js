import { WorkerEntrypoint } from 'cloudflare:workers';

let made = 0;

class Base extends WorkerEntrypoint {
  async fetch(request) {
    this.ctx.waitUntil(Promise.resolve());
    return Response.json({ who: this.env.WHO, made, path: new URL(request.url).pathname, own: this.count });
  }
}

export default class extends Base {
  count = ++made;
}

/** A named entrypoint is no handler of requests from outside. */
export class Admin extends WorkerEntrypoint {
  fetch() {
    return new Response('admin');
  }
}
