import { waitUntil } from 'cloudflare:workers';

const later = async (text) => {
  await scheduler.wait(5);
  console.log(text);
};

export default {
  async fetch(request, _env, ctx) {
    switch (new URL(request.url).pathname) {
      case '/context':
        ctx.waitUntil(later('after the response'));
        return new Response('answered');
      case '/imported':
        waitUntil(later('after the response'));
        return new Response('answered');
      case '/rejected':
        ctx.waitUntil(Promise.reject(new Error('failed later')));
        return new Response('answered');
      case '/detached': {
        const { waitUntil } = ctx;
        waitUntil(Promise.resolve());
        return new Response('not reached');
      }
      case '/pass-through':
        ctx.passThroughOnException();
        return new Response('answered');
      case '/stream':
        return new Response(
          new ReadableStream({
            async pull(controller) {
              await scheduler.wait(1);
              controller.enqueue(new TextEncoder().encode('late'));
              controller.close();
            },
          }),
        );
    }
  },
};
