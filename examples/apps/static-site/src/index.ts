/**
 * A static site with an API. Files are served ahead of this code, which sees only what is below /api/.
 *
 * - `GET /api/word`: a word of the day, computed once in a while and kept in the cache
 * - `GET /api/page/<name>`: a page of the site, in capitals
 */
type Env = { ASSETS: { fetch(request: Request | string): Promise<Response> } };

const WORDS = ['isolate', 'snapshot', 'splat', 'turn', 'realm'];

export default {
  async fetch(request: Request, env: Env, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === '/api/word') return word(url, ctx);
    const page = /^\/api\/page\/([\w-]+)$/.exec(url.pathname)?.[1];
    if (page !== undefined) return capitals(await env.ASSETS.fetch(`${url.origin}/${page}`));
    // Everything else is answered as if there were no worker: with the site's own page for what is not there.
    return env.ASSETS.fetch(request);
  },
};

async function word(url: URL, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<Response> {
  const cache = (caches as unknown as { default: Cache }).default;
  const kept = await cache.match(url.href);
  if (kept !== undefined) return kept;
  const day = Math.floor(Date.now() / 86_400_000);
  const response = Response.json({ word: WORDS[day % WORDS.length], computed: new Date().toISOString() }, { headers: { 'cache-control': 'max-age=60' } });
  ctx.waitUntil(cache.put(url.href, response.clone()));
  return response;
}

async function capitals(page: Response): Promise<Response> {
  if (!page.ok) return Response.json({ error: 'no such page' }, { status: page.status });
  const text = (await page.text()).replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
  return new Response(`${text.trim().toUpperCase()}\n`);
}
