/**
 * A URL shortener on Workers KV.
 *
 *     POST   /links {"url", "code"?, "days"?}   make a short link
 *     GET    /links?cursor=                     list them, a page at a time
 *     DELETE /links/CODE                        remove one
 *     GET    /CODE                              go where it leads
 */
type Link = { url: string; created: string };
type Env = { LINKS: KVNamespace };

const CODE = /^[a-z0-9-]{3,40}$/;
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';
const MOST_DAYS = 3650;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const [, first = '', second] = pathname.split('/');
    if (first === '') return page();
    if (first !== 'links') return go(first, env);
    if (request.method === 'POST') return create(request, env);
    if (request.method === 'GET' && second === undefined) return list(searchParams.get('cursor'), env);
    if (request.method === 'DELETE' && second !== undefined) {
      await env.LINKS.delete(second);
      return new Response(null, { status: 204 });
    }
    return problem(405, 'there is nothing like that');
  },
};

async function go(code: string, env: Env): Promise<Response> {
  const url = CODE.test(code) ? await env.LINKS.get(code, { cacheTtl: 300 }) : null;
  return url === null ? problem(404, 'there is no such link') : Response.redirect(url, 302);
}

async function create(request: Request, env: Env): Promise<Response> {
  const asked = (await request.json().catch(() => null)) as { url?: unknown; code?: unknown; days?: unknown } | null;
  if (asked === null) return problem(400, 'the body must be JSON');
  const { url, code = newCode(), days } = asked;
  if (typeof url !== 'string' || !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return problem(400, '"url" must be a URL with http: or https:');
  if (typeof code !== 'string' || !CODE.test(code) || code === 'links') return problem(400, '"code" must be 3 to 40 of a-z, 0-9 and -');
  if (days !== undefined && !(typeof days === 'number' && days > 0 && days <= MOST_DAYS)) return problem(400, `"days" must be a number up to ${MOST_DAYS}`);
  if ((await env.LINKS.get(code)) !== null) return problem(409, `"${code}" is taken`);
  const metadata: Link = { url, created: new Date().toISOString() };
  await env.LINKS.put(code, url, { metadata, ...(days === undefined ? {} : { expirationTtl: Math.max(60, Math.round(days * 86_400)) }) });
  return Response.json({ code, url, short: new URL(`/${code}`, request.url).href }, { status: 201, headers: { location: `/${code}` } });
}

/** The metadata comes with the list: no value needs to be read. */
async function list(cursor: string | null, env: Env): Promise<Response> {
  const { keys, ...rest } = await env.LINKS.list<Link>({ limit: 100, cursor });
  const links = keys.map(({ name, expiration, metadata }) => ({
    code: name,
    ...metadata,
    ...(expiration && { expires: new Date(expiration * 1000).toISOString() }),
  }));
  return Response.json({ links, cursor: rest.list_complete ? null : rest.cursor });
}

function newCode(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(7)), (byte) => LETTERS[byte % LETTERS.length]).join('');
}

function problem(status: number, message: string): Response {
  return Response.json({ error: message }, { status });
}

function page(): Response {
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Short links</title>
<style>body { font: 16px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem } input { font: inherit; width: 70% }</style>
<h1>Short links</h1>
<form><input type="url" name="url" placeholder="https://example.com/a/long/address" required> <button>Shorten</button></form>
<p id="answer"></p>
<script>
  document.forms[0].onsubmit = async (event) => {
    event.preventDefault();
    const response = await fetch('/links', { method: 'POST', body: JSON.stringify({ url: event.target.url.value, days: 30 }) });
    const { short, error } = await response.json();
    const link = Object.assign(document.createElement('a'), { href: short, textContent: short });
    document.querySelector('#answer').replaceChildren(error ?? link);
  };
</script>
</html>
`;
  return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } });
}
