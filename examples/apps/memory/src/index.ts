/**
 * An app that eats memory. Its isolate is taken down at the limit (128 MB unless configured otherwise); the client reads
 * "error code: 1102", the next request gets a fresh isolate, and no other app notices.
 */
export default {
  async fetch(request: Request): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case '/heap': {
        const kept: unknown[] = [];
        for (;;) kept.push(new Array(1000).fill(kept.length));
      }
      case '/buffers': {
        // Array buffers count as well: beyond the limit there is a RangeError, which this app does not catch.
        const kept: Uint8Array[] = [];
        for (;;) kept.push(new Uint8Array(1024 * 1024).fill(1));
      }
      default:
        return new Response('Try /heap or /buffers.\n');
    }
  },
};
