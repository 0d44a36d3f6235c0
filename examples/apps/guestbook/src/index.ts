/** A guestbook on D1: a page with a form, and the same as JSON. */
import schema from '../migrations/0001_create_entries.sql';

interface Env {
  DB: D1Database;
}

interface Entry {
  id: number;
  name: string;
  message: string;
  written: string;
}

const PAGE_SIZE = 20;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const url = new URL(request.url);
    try {
      if (url.pathname === '/' && request.method === 'POST') return await sign(env.DB, await request.formData());
      if (url.pathname === '/') return page(await entries(env.DB, url.searchParams));
      if (url.pathname === '/entries.json') return Response.json(await entries(env.DB, url.searchParams));
      return new Response('Not found\n', { status: 404 });
    } catch (error) {
      if (error instanceof Error && error.message.includes('CHECK constraint failed'))
        return new Response('A name and a message, please, and not too long.\n', { status: 400 });
      throw error;
    }
  },
};

async function entries(db: D1Database, query: URLSearchParams): Promise<Entry[]> {
  const before = Number(query.get('before') ?? Number.MAX_SAFE_INTEGER);
  const statement = db.prepare('SELECT * FROM entries WHERE id < ? ORDER BY id DESC LIMIT ?').bind(before, PAGE_SIZE);
  return (await withSchema(db, () => statement.all<Entry>())).results;
}

async function sign(db: D1Database, form: FormData): Promise<Response> {
  const text = (name: string): string => String(form.get(name) ?? '').trim();
  await withSchema(db, () => db.prepare('INSERT INTO entries (name, message) VALUES (?, ?)').bind(text('name'), text('message')).run());
  return new Response(null, { status: 303, headers: { location: '/' } });
}

/** Where no migration was applied yet, the first is: the example shall work at once. */
async function withSchema<T>(db: D1Database, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('no such table')) throw error;
    await db.prepare(schema).run();
    return work();
  }
}

function page(list: readonly Entry[]): Response {
  const items = list.map(({ name, message, written }) => `<li><p>${escape(message)}</p><p>${escape(name)}, <time>${written} UTC</time></p></li>`);
  const last = list.at(-1);
  const more = list.length < PAGE_SIZE || last === undefined ? '' : `<p><a href="/?before=${last.id}">Earlier</a></p>`;
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Guestbook</title>
<style>body { font: 16px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem } li { white-space: pre-line }</style>
<h1>Guestbook</h1>
<form method="post" action="/">
<p><label>Name <input name="name" required maxlength="60"></label></p>
<p><label>Message <textarea name="message" required maxlength="1000"></textarea></label></p>
<p><button>Sign</button></p>
</form>
<ol reversed>
${items.join('\n')}
</ol>
${more}
</html>
`;
  return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } });
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
