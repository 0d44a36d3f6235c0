/** A page that lists the examples, each with a link to its own host on the same port. */
const EXAMPLES = [
  ['hello', '/', 'a single file'],
  ['hono-api', '/todos', 'a JSON API with Hono: routes, middleware, validation'],
  ['sse', '/', 'server-sent events, and a page that shows them'],
  ['proxy', '/', 'a streaming proxy'],
  ['wasm', '/?n=50', 'a WebAssembly module'],
  ['service-worker', '/', "the legacy format: addEventListener('fetch', …)"],
  ['typescript-npm', '/', 'TypeScript with a package from npm'],
  ['static-site', '/', 'static files, with an API beside them'],
  ['url-shortener', '/', 'short links on KV'],
  ['job-pipeline', '/', 'jobs on a queue, with a dead-letter queue'],
  ['cron-reporter', '/reports', 'reports at fixed times'],
  ['image-store', '/', 'an image store on R2: uploads, ranges, conditions'],
  ['guestbook', '/', 'a guestbook on D1, with migrations'],
  ['rpc-caller', '/conversation', 'calls the methods of another worker'],
  ['rpc-greeter', '/', 'the worker that is called'],
  ['throws', '/', 'an app that throws'],
  ['loops', '/', 'an app that loops, and is stopped'],
  ['memory', '/', 'an app that eats memory, and is stopped'],
];

export default {
  fetch(request) {
    const { port } = new URL(request.url);
    const items = EXAMPLES.map(([name, path, text]) => {
      const address = `http://${name}.localhost${port === '' ? '' : `:${port}`}${path}`;
      return `<li><a href="${address}">${name}</a>: ${text}</li>`;
    });
    const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>NANO examples</title>
<style>body { font: 16px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }</style>
<h1>Examples</h1>
<ul>
${items.join('\n')}
</ul>
</html>
`;
    return new Response(page, { headers: { 'content-type': 'text/html; charset=utf-8' } });
  },
};
