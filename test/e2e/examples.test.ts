/** Every example, as `npm start` serves it. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { send } from '../support/request.ts';
import { dev, serve, type TestServer } from '../support/server.ts';

const APPS = fileURLToPath(new URL('../../examples/apps', import.meta.url));

suite('examples', () => {
  const owner = suiteOwner();
  let server: TestServer;
  before(async () => {
    server = await serve(owner, APPS, ['--data', folder()]);
  });

  test('hello: greets whom the path names', async () => {
    assert.equal((await server.get('hello')).text, 'Hello, World!\n');
    assert.equal((await server.get('hello', '/J%C3%BCrgen')).text, 'Hello, Jürgen!\n');
  });

  test('index: links to every other app of the folder, on its own port', async () => {
    const { text, headers } = await server.get(`index.localhost:${server.port}`);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    const linked = [...text.matchAll(/href="http:\/\/([\w-]+)\.localhost:(\d+)/g)].map(([, name, port]) => ({ name, port: Number(port) }));
    const { apps } = JSON.parse((await server.admin('/apps')).text) as { apps: { name: string }[] };
    assert.deepEqual(
      linked.map(({ name }) => name).sort(),
      apps.map(({ name }) => name).filter((name) => name !== 'index'),
    );
    assert.ok(linked.every(({ port }) => port === server.port));
  });

  test('hono-api: creates, reads, changes and deletes; says what is wrong', async () => {
    const json = { 'content-type': 'application/json' };
    const created = await server.get('hono-api', '/todos', { body: '{"title":" buy milk "}', headers: json });
    assert.equal(created.status, 201);
    const todo = JSON.parse(created.text) as { id: string };
    assert.deepEqual(todo, { id: todo.id, title: 'buy milk', done: false });
    const path = String(created.headers.location);
    assert.equal(path, `/todos/${todo.id}`);
    assert.deepEqual(JSON.parse((await server.get('hono-api', `${path}/done`, { method: 'PUT' })).text), { ...todo, done: true });
    assert.deepEqual(JSON.parse((await server.get('hono-api', '/todos')).text), [{ ...todo, done: true }]);
    assert.equal((await server.get('hono-api', path, { method: 'DELETE' })).status, 204);
    assert.equal((await server.get('hono-api', path)).status, 404);
    assert.match((await server.get('hono-api', '/todos', { body: '{"title":""}', headers: json })).text, /"title\\" must be/);
    assert.equal((await server.get('hono-api', '/todos', { body: '{', headers: json })).status, 400);
    const preflight = await server.get('hono-api', '/todos', {
      method: 'OPTIONS',
      headers: { origin: 'https://example.com', 'access-control-request-method': 'POST' },
    });
    assert.deepEqual([preflight.status, preflight.headers['access-control-allow-origin']], [204, '*']);
  });

  test('sse: sends one event after the other, then ends', async () => {
    const { headers, text } = await server.get('sse', '/events?count=3&interval=1');
    assert.equal(headers['content-type'], 'text/event-stream');
    assert.deepEqual(
      [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(String(data)).number),
      [1, 2, 3],
    );
    assert.match((await server.get('sse')).text, /new EventSource/);
  });

  test('proxy: answers for itself without an upstream, and sends a body back', async () => {
    assert.equal((await server.get('proxy')).text, 'line 1\nline 2\nline 3\nline 4\nline 5\n');
    const body = Buffer.alloc(300_000, 7);
    assert.ok((await server.get('proxy', '/', { body })).bytes.equals(body));
  });

  test('proxy: passes a request on to its upstream', async (t) => {
    const upstream = createServer((request, response) => {
      response.writeHead(207, { 'x-upstream': 'yes' });
      response.write(`${request.method} ${request.url} ${request.headers['x-forwarded-host']} `);
      request.pipe(response);
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    t.after(() => upstream.close());
    const { port } = upstream.address() as { port: number };
    const local = await dev(t, APPS, ['proxy', '--allowed-host', 'shop.example', '--var', `UPSTREAM:http://127.0.0.1:${port}/`, '--persist-to', folder()]);
    const { status, text, headers } = await local.get('shop.example', '/a/b?c=d', { body: 'the body' });
    assert.deepEqual([status, text], [207, 'POST /a/b?c=d shop.example the body']);
    assert.deepEqual([headers['x-upstream'], headers['via']], ['yes', '1.1 nano-proxy']);
  });

  test('wasm: computes', async () => {
    assert.deepEqual(JSON.parse((await server.get('wasm', '/?n=93')).text), { n: 93, fib: '12200160415121876738' });
    assert.equal((await server.get('wasm', '/?n=x')).status, 400);
  });

  test('service-worker: answers, and goes on after the response', async () => {
    assert.equal((await server.get('service-worker')).text, 'Hello from a service worker\n');
    assert.equal((await server.get('service-worker', '/', { body: 'back' })).text, 'back\n');
    await server.line({ event: 'console', app: 'service-worker', msg: 'POST / has been answered' });
  });

  test('rpc-caller and rpc-greeter: call each other by method', async () => {
    const ask = async (path: string): Promise<string> => (await server.get('rpc-caller', path)).text;
    assert.equal(await ask('/greet'), 'Hello, World!\n');
    assert.equal(await ask('/conversation'), 'Good morning, Ada!\nGood morning, Grace!\n2 greetings\n');
    assert.equal(await ask('/pipelined'), 'Good evening, Barbara!\n');
    assert.deepEqual(JSON.parse(await ask('/callback')), ['HELLO, ADA!', 'HELLO, GRACE!']);
    assert.equal(await ask('/circle'), 'Hello, Ada!\n');
    assert.equal(await ask('/fetch'), 'Ask rpc-caller.\n');
    assert.equal((await server.get('rpc-greeter')).text, 'Ask rpc-caller.\n');
  });

  test('typescript-npm: renders Markdown', async () => {
    assert.equal((await server.get('typescript-npm', '/', { body: '# Hi *there*' })).text, '<h1>Hi <em>there</em></h1>\n');
    assert.match((await server.get('typescript-npm')).text, /<h1>Markdown<\/h1>/);
  });

  test('guestbook: keeps what was written, and shows it escaped', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const signed = await server.get('guestbook', '/', { body: 'name=Ada&message=%3Cb%3EHello%3C%2Fb%3E', headers: form });
    assert.deepEqual([signed.status, signed.headers.location], [303, '/']);
    await server.get('guestbook', '/', { body: 'name=Grace&message=Me%20too', headers: form });
    const entries = JSON.parse((await server.get('guestbook', '/entries.json')).text) as { id: number; name: string; message: string }[];
    assert.deepEqual(
      entries.map(({ id, name, message }) => [id, name, message]),
      [
        [2, 'Grace', 'Me too'],
        [1, 'Ada', '<b>Hello</b>'],
      ],
    );
    assert.match((await server.get('guestbook')).text, /&#60;b&#62;Hello/);
    assert.equal((await server.get('guestbook', '/', { body: 'name=&message=x', headers: form })).status, 400);
  });

  test('static-site: serves files, redirects, and keeps what the API computes', async () => {
    const page = await server.get('static-site', '/about');
    assert.match(page.text, /<h1>About<\/h1>/);
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
    assert.equal((await server.get('static-site', '/about', { headers: { 'if-none-match': String(page.headers.etag) } })).status, 304);
    assert.equal((await server.get('static-site', '/about.html')).headers.location, '/about');
    assert.equal((await server.get('static-site', '/manual/start')).headers.location, '/docs/start');
    assert.match(String((await server.get('static-site', '/assets/app.9c2e.js')).headers['cache-control']), /immutable/);
    const missing = await server.get('static-site', '/api/nowhere');
    assert.deepEqual([missing.status, missing.text.includes('There is no such page')], [404, true]);
    assert.match((await server.get('static-site', '/api/page/about')).text, /^ABOUT ABOUT SERVED AS/);
    const first = (await server.get('static-site', '/api/word')).text;
    let kept = await server.get('static-site', '/api/word');
    // It is kept after the response.
    while (kept.headers['cf-cache-status'] === undefined) kept = await server.get('static-site', '/api/word');
    assert.ok((JSON.parse(kept.text) as { computed: string }).computed >= (JSON.parse(first) as { computed: string }).computed);
  });

  test('image-store: takes images in, shows, lists and removes them', async () => {
    const bytes = Buffer.alloc(300_000, 'image');
    const put = (name: string, type: string): ReturnType<TestServer['get']> =>
      server.get('image-store', `/images/${name}`, { method: 'PUT', body: bytes, headers: { 'content-type': type, 'content-length': String(bytes.length) } });
    const made = await put('a%20cat.png', 'image/png');
    assert.deepEqual([made.status, made.headers.location], [201, '/images/a%20cat.png']);
    assert.equal((await put('a%20cat.png', 'image/png')).status, 409);
    assert.equal((await put('script.svg', 'image/svg+xml')).status, 415);
    const whole = await server.get('image-store', '/images/a%20cat.png');
    assert.deepEqual([whole.status, whole.headers['content-type'], whole.headers['content-length']], [200, 'image/png', '300000']);
    assert.ok(whole.bytes.equals(bytes));
    const part = await server.get('image-store', '/images/a%20cat.png', { headers: { range: 'bytes=5-9' } });
    assert.deepEqual([part.status, part.text, part.headers['content-range'], part.headers['content-length']], [206, 'image', 'bytes 5-9/300000', '5']);
    const again = await server.get('image-store', '/images/a%20cat.png', { headers: { 'if-none-match': String(whole.headers.etag) } });
    assert.deepEqual([again.status, again.text], [304, '']);
    const { items, cursor } = JSON.parse((await server.get('image-store', '/images')).text) as {
      items: { key: string; size: number; type: string }[];
      cursor: null;
    };
    assert.deepEqual([items.map(({ key, size, type }) => [key, size, type]), cursor], [[['a cat.png', 300_000, 'image/png']], null]);
    assert.equal((await server.get('image-store', '/images/a%20cat.png', { method: 'DELETE' })).status, 204);
    assert.equal((await server.get('image-store', '/images/a%20cat.png')).status, 404);
    assert.match((await server.get('image-store')).text, /<h1>Images<\/h1>/);
  });

  test('url-shortener: makes links, follows, lists and removes them', async () => {
    const make = (link: object): ReturnType<TestServer['get']> => server.get('url-shortener', '/links', { method: 'POST', body: JSON.stringify(link) });
    const made = await make({ url: 'https://example.com/long?a=b', days: 2 });
    assert.equal(made.status, 201);
    const { code, short } = JSON.parse(made.text) as { code: string; short: string };
    assert.equal(short, `http://url-shortener.localhost/${code}`);
    const followed = await server.get('url-shortener', `/${code}`);
    assert.deepEqual([followed.status, followed.headers.location], [302, 'https://example.com/long?a=b']);
    assert.equal((await make({ url: 'https://example.com/', code: 'home' })).status, 201);
    assert.equal((await make({ url: 'https://example.org/', code: 'home' })).status, 409);
    assert.equal((await make({ url: 'javascript:alert(1)' })).status, 400);
    const { links, cursor } = JSON.parse((await server.get('url-shortener', '/links')).text) as { links: { code: string; expires?: string }[]; cursor: null };
    assert.deepEqual([links.map((link) => link.code).sort(), cursor], [[code, 'home'].sort(), null]);
    assert.ok(links.every((link) => (link.expires === undefined) === (link.code === 'home')));
    assert.equal((await server.get('url-shortener', `/links/${code}`, { method: 'DELETE' })).status, 204);
    assert.equal((await server.get('url-shortener', `/${code}`)).status, 404);
    assert.match((await server.get('url-shortener')).text, /<h1>Short links<\/h1>/);
  });

  test('job-pipeline: does jobs, tries again, and tells of those that failed', async () => {
    const jobs = await Promise.all(
      ['one two three', 'busy now', 'will fail'].map(async (text) => {
        const taken = await server.get('job-pipeline', '/jobs', { method: 'POST', body: JSON.stringify({ text }) });
        assert.equal(taken.status, 202);
        return String(taken.headers.location);
      }),
    );
    const settled = async (path: string): Promise<unknown> => {
      for (;;) {
        const job = JSON.parse((await server.get('job-pipeline', path)).text) as { state: string };
        if (job.state === 'done' || job.state === 'failed') return job;
        // Its next batch tells that something may have changed.
        await server.line({ event: 'queue', app: 'job-pipeline' }, server.mark);
      }
    };
    assert.deepEqual(await Promise.all(jobs.map(settled)), [
      { state: 'done', attempts: 1, words: 3 },
      { state: 'done', attempts: 2, words: 2 },
      { state: 'failed', attempts: 3, error: 'Error: this text cannot be counted' },
    ]);
    assert.equal((await server.get('job-pipeline', '/jobs', { method: 'POST', body: '{}' })).status, 400);
    assert.equal((await server.get('job-pipeline', '/jobs/none')).status, 404);
  });

  test('cron-reporter: writes the report of a tick', async () => {
    assert.equal((await server.get('cron-reporter')).text, 'Visit 1\n');
    const time = Date.parse('2026-11-02T07:00:00Z');
    const path = `/apps/cron-reporter/scheduled?${new URLSearchParams({ cron: '0 7 * * MON#1', time: String(time) }).toString()}`;
    const answer = await send(server.adminPort, { path, method: 'POST', headers: { host: 'localhost' } });
    assert.deepEqual(JSON.parse(answer.text), { outcome: 'ok' });
    const reports = JSON.parse((await server.get('cron-reporter', '/reports')).text) as { kind: string }[];
    assert.deepEqual(
      reports.filter(({ kind }) => kind === 'monthly'),
      [{ kind: 'monthly', scheduled: '2026-11-02T07:00:00.000Z', visits: 1 }],
    );
  });

  test('throws: the client reads a code, the log has the stack in the lines of the source', async () => {
    const { status, text, headers } = await server.get('throws');
    assert.deepEqual([status, text], [500, 'error code: 1101']);
    const line = await server.line({ event: 'exception', requestId: headers['x-request-id'] });
    assert.match(String(line['stack']), /^TypeError: there is no item, so it has no price\n {4}at priceOf \(src\/index\.ts:24:\d+\)/);
    assert.equal((await server.get('throws', '/rejects')).text, 'error code: 1101');
    assert.equal((await server.get('throws', '/caught')).status, 200);
    assert.equal((await server.get('throws', '/wait-until')).status, 200);
    await server.line({ event: 'exception', where: 'waitUntil', msg: 'Error: thrown after the response' });
  });

  for (const path of ['/sync', '/microtasks', '/regex']) {
    test(`loops: ${path} is stopped, and the next request is answered`, async () => {
      const { status, text, headers } = await server.get('loops', path);
      assert.deepEqual([status, text], [503, 'error code: 1102']);
      await server.line({ event: 'limit', app: 'loops', limit: 'cpu', requestId: headers['x-request-id'] });
      assert.equal((await server.get('loops')).status, 200);
    });
  }

  test('memory: is stopped at its limit, and the next request is answered', async () => {
    assert.equal((await server.get('memory', '/heap')).text, 'error code: 1102');
    await server.line({ event: 'limit', app: 'memory', limit: 'memory' });
    assert.equal((await server.get('memory', '/buffers')).text, 'error code: 1101');
    assert.equal((await server.get('memory')).status, 200);
  });
});
