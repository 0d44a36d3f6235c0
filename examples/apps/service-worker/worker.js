/** The legacy format: no exports, a listener for every event, variables are globals. */
addEventListener('fetch', (event) => {
  event.respondWith(handle(event));
});

async function handle(event) {
  const { request } = event;
  event.waitUntil(count(request));
  const text = request.method === 'POST' ? await request.text() : GREETING;
  return new Response(`${text}\n`, { headers: { 'content-type': 'text/plain; charset=utf-8' } });
}

/** Work that goes on after the response. */
async function count(request) {
  await scheduler.wait(10);
  console.log(`${request.method} ${new URL(request.url).pathname} has been answered`);
}
