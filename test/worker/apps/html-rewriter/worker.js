const page = '<!doctype html><title>old</title><body><a href="/x">link</a><p class="gone">secret</p></body>';

const rewriter = new HTMLRewriter()
  .on('title', { element: (e) => e.setInnerContent('new & better') })
  .on('a[href]', { element: (e) => e.setAttribute('href', `https://example.com${e.getAttribute('href')}`) })
  .on('.gone', { element: (e) => e.remove() })
  .on('body', {
    async element(e) {
      await scheduler.wait(1);
      e.append(new Response('<footer>late</footer>'), { html: true });
    },
  });

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    const headers = { 'content-type': 'text/html', 'content-length': '999' };
    if (pathname === '/error') {
      const failing = new HTMLRewriter().on('a', {
        element() {
          throw new Error('boom');
        },
      });
      return new Response(
        await failing
          .transform(new Response(page))
          .text()
          .catch((error) => error.message),
      );
    }
    if (pathname === '/legacy') {
      const bytes = new Uint8Array([60, 112, 62, 0xe4, 60, 47, 112, 62]);
      const seen = [];
      const legacy = new HTMLRewriter().on('p', { text: (t) => void seen.push(t.text) });
      await legacy.transform(new Response(bytes, { headers: { 'content-type': 'text/html; charset=windows-1251' } })).text();
      return new Response(seen.join());
    }
    return rewriter.transform(new Response(page, { headers }));
  },
};
