/**
 * An app that throws. Under `nano dev` the answer is a page with the stack in these lines; under `nano serve` the client
 * reads "error code: 1101" and the log has the stack.
 */
export default {
  async fetch(request: Request, _env: unknown, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case '/rejects':
        return Promise.reject(new RangeError('rejected on purpose'));
      case '/wait-until':
        ctx.waitUntil(Promise.reject(new Error('thrown after the response')));
        return new Response('The response is sent; the log has what went wrong afterwards.\n');
      case '/caught':
        return new Response(caught());
      default:
        return priceOf(undefined);
    }
  },
};

type Item = { price: number };

function priceOf(item: Item | undefined): Response {
  if (item === undefined) throw new TypeError('there is no item, so it has no price');
  return new Response(String(item.price));
}

function caught(): string {
  try {
    priceOf(undefined);
    return 'not reached';
  } catch (error) {
    return `caught: ${String(error)}\n`;
  }
}
