/**
 * An app that loops. It is stopped after its CPU time (`limits.cpu_ms`); the client reads "error code: 1102", and no
 * other app notices.
 */
export default {
  async fetch(request: Request): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case '/sync':
        for (;;);
      case '/microtasks':
        for (;;) await undefined;
      case '/regex':
        return new Response(String(/^(a+)+$/.test(`${'a'.repeat(40)}b`)));
      default:
        return new Response('Try /sync, /microtasks or /regex.\n');
    }
  },
};
