import { WorkerEntrypoint } from 'cloudflare:workers';

const handlers = {
  '/echo': async (request) => Response.json({ method: request.method, url: request.url, headers: [...request.headers], body: await request.text() }),
  '/cf': (request) => Response.json({ cf: request.cf ?? null }),
  '/body': (request) => new Response(request.body, { headers: { 'x-passed': 'yes' } }),
  '/null-body': (request) => Response.json({ body: request.body === null }),
  '/bytes': () => new Response(new Uint8Array([1, 2, 3, 255])),
  '/text': (request) => {
    const { searchParams } = new URL(request.url);
    return new Response('x', { status: Number(searchParams.get('status')), statusText: searchParams.get('text') ?? '' });
  },
  '/status': () =>
    new Response('teapot', {
      status: 418,
      statusText: 'I am a teapot',
      headers: [
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ],
    }),
  '/no-content': () => new Response(null, { status: 204 }),
  '/redirect': () => new Response(null, { status: 302, headers: { location: 'http://elsewhere/echo?from=redirect' } }),
  '/relative': () => new Response(null, { status: 307, headers: { location: '/echo' } }),
  '/loop': () => new Response(null, { status: 302, headers: { location: '/loop' } }),
  '/throw': () => {
    throw new TypeError('thrown by the callee');
  },
  '/throw-custom': () => {
    class OwnError extends Error {
      name = 'OwnError';
      code = 7;
    }
    throw new OwnError('of its own');
  },
  '/throw-text': () => {
    throw 'only text';
  },
  '/reject': () => Promise.reject(new RangeError('rejected by the callee')),
  '/no-response': () => 'text',
  '/stream': () => {
    let count = 0;
    return new Response(
      new ReadableStream({
        pull(controller) {
          if (count === 3) controller.close();
          else controller.enqueue(new TextEncoder().encode(`chunk ${count++};`));
        },
      }),
    );
  },
  '/broken-stream': () => {
    let count = 0;
    return new Response(
      new ReadableStream({
        pull(controller) {
          if (count++ === 2) controller.error(new Error('the stream broke'));
          else controller.enqueue(new TextEncoder().encode('chunk'));
        },
      }),
    );
  },
  '/socket': (request) => {
    if (request.headers.get('upgrade') !== 'websocket') return new Response('no upgrade', { status: 426 });
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    server.addEventListener('message', ({ data }) => {
      if (data === 'close') server.close(4001, 'as asked');
      else server.send(typeof data === 'string' ? `echo ${data}` : data);
    });
    return new Response(null, { status: 101, webSocket: client, headers: { 'x-own': 'socket' } });
  },
  '/headers': (request) => Response.json([...request.headers.keys()]),
};

export default {
  fetch(request, env, ctx) {
    const handler = handlers[new URL(request.url).pathname];
    return handler === undefined ? new Response('not found', { status: 404 }) : handler(request, env, ctx);
  },
};

export class Named extends WorkerEntrypoint {
  fetch(request) {
    return Response.json({ entrypoint: 'Named', url: request.url, props: this.ctx.props });
  }
}
