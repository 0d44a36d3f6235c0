const handlers = {
  '/facts': (request) =>
    Response.json({ method: request.method, url: request.url, host: request.headers.get('host'), x: request.headers.get('x-a'), redirect: request.redirect }),
  '/json': async (request) => Response.json(await request.json()),
  '/form': async (request) => Response.json([...(await request.formData())]),
  '/twice': async (request) => new Response((await request.clone().text()) + (await request.text())),
  '/upper': (request) =>
    new Response(
      request.body
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new TransformStream({ transform: (text, to) => to.enqueue(text.toUpperCase()) }))
        .pipeThrough(new TextEncoderStream()),
    ),
  '/size': async (request) => new Response(String((await request.arrayBuffer()).byteLength)),
  '/digest': async (request) => {
    const digest = await crypto.subtle.digest('SHA-256', await request.arrayBuffer());
    return new Response([...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
  },
  '/unused': () => new Response('no body', { status: 202, headers: [['x-b', '1']] }),
};

export default { fetch: (request) => handlers[new URL(request.url).pathname](request) };
