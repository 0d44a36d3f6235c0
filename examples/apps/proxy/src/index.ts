/**
 * A streaming proxy: passes requests on to UPSTREAM and streams the answer back, neither of them held in memory.
 *
 *     nano dev examples/apps/proxy --var UPSTREAM:https://example.com
 *
 * Without UPSTREAM it answers for itself, so that it can be tried offline. An upstream on this machine works in
 * `nano dev`; under `nano serve` private addresses are refused unless `egress.allow` in the operator's nano.jsonc names them.
 */
type Env = { UPSTREAM: string };

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (env.UPSTREAM === '') return origin(request);
    const { pathname, search } = new URL(request.url);
    const headers = new Headers(request.headers);
    headers.delete('host');
    headers.set('x-forwarded-host', request.headers.get('host') ?? '');
    try {
      const response = await fetch(new URL(pathname + search, env.UPSTREAM), {
        method: request.method,
        headers,
        body: request.body,
        redirect: 'manual',
      });
      const answer = new Response(response.body, response);
      answer.headers.set('via', '1.1 nano-proxy');
      return answer;
    } catch (error) {
      return new Response(`The upstream cannot be reached: ${error instanceof Error ? error.message : error}\n`, { status: 502 });
    }
  },
};

/** Stands in for an upstream: sends a body back as it comes, or else a few lines, one at a time. */
function origin(request: Request): Response {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-origin': 'built-in' };
  if (request.body !== null) return new Response(request.body, { headers });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  void writeLines(writable);
  return new Response(readable, { headers });
}

async function writeLines(writable: WritableStream<Uint8Array>): Promise<void> {
  const encoder = new TextEncoder();
  const writer = writable.getWriter();
  try {
    for (let line = 1; line <= 5; line++) {
      await writer.write(encoder.encode(`line ${line}\n`));
      await scheduler.wait(20);
    }
    await writer.close();
  } catch {
    // The client has left.
  }
}

declare const scheduler: { wait(milliseconds: number): Promise<void> };
