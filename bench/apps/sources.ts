/** The workers that are measured: the same source for every contestant. */

export const HELLO = `export default { fetch() { return new Response('Hello World'); } };\n`;

/** A JSON API as people write it: JSON in, checked, JSON out. Bundled from npm's hono. */
export const HONO = `import { Hono } from 'hono';
const app = new Hono();
app.use('*', async (c, next) => { await next(); c.header('x-powered-by', 'hono'); });
app.get('/', (c) => c.text('ready'));
app.get('/users/:id', (c) => c.json({ id: c.req.param('id') }));
app.post('/orders/:id', async (c) => {
  const order = await c.req.json();
  if (!Array.isArray(order.items)) return c.json({ error: 'items are missing' }, 400);
  const total = order.items.reduce((sum, item) => sum + item.price * item.count, 0);
  return c.json({ id: c.req.param('id'), customer: order.customer, lines: order.items.length, total });
});
export default app;
`;

export const HONO_ORDER = JSON.stringify({
  customer: { name: 'Ada Lovelace', mail: 'ada@example.com' },
  items: Array.from({ length: 5 }, (_, at) => ({ article: `article-${at}`, price: 10 + at, count: at + 1 })),
});

/** A server-rendered page with a framework and a schema library, near 300 KB unminified. */
export const SSR = `import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { css, Style } from 'hono/css';
import { jsx, Suspense } from 'hono/jsx';
import { renderToReadableStream } from 'hono/jsx/streaming';
import { jwt } from 'hono/jwt';
import { secureHeaders } from 'hono/secure-headers';
import { validator } from 'hono/validator';
import * as z from 'zod/v3';
const app = new Hono();
const Visitor = z.object({ name: z.string().min(1), visits: z.coerce.number().int() });
const big = css\`color: #333; font-family: sans-serif;\`;
app.use(cors(), secureHeaders());
app.get('/', (c) => {
  const visitor = Visitor.parse({ name: 'Ada', visits: '3' });
  const rows = Array.from({ length: 20 }, (_, at) => jsx('li', { class: big }, 'row ' + at));
  return c.html(jsx('html', {}, jsx('head', {}, jsx(Style, {})), jsx('body', {}, jsx('h1', {}, 'Hello ' + visitor.name), jsx('ul', {}, rows))));
});
export const parts = [Suspense, renderToReadableStream, jwt, validator];
export default app;
`;

/** Gives back what it is sent: the body never has to enter the isolate. */
export const ECHO = `export default { fetch(request) { return new Response(request.body ?? 'ready'); } };\n`;

/** The same with every chunk going through the app. */
export const ECHO_THROUGH = `export default {
  fetch(request) {
    if (request.body === null) return new Response('ready');
    let seen = 0;
    return new Response(request.body.pipeThrough(new TransformStream({ transform(chunk, controller) { seen += chunk.byteLength; controller.enqueue(chunk); } })));
  },
};
`;

/** Answers at once, except that /burn never ends. */
export const BURNER = `export default {
  fetch(request) {
    if (request.url.endsWith('/burn')) for (let i = 0; ; i++) Math.sqrt(i);
    return new Response('ready');
  },
};
`;
