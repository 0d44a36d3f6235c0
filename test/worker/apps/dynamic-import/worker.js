export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/meta') return Response.json({ url: import.meta.url });
    if (pathname === '/same') {
      const first = await import('./lazy.js');
      return Response.json(first === (await import('./lazy.js')));
    }
    if (pathname === '/missing') {
      const name = './nowhere.js';
      return new Response(await import(name).catch((error) => error.message));
    }
    const { loaded, count } = await import('./lazy.js');
    return Response.json({ loaded, count });
  },
};
