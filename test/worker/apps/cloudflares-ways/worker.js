/** What a promise or a call comes to, in words. */
const told = async (run) => {
  try {
    return await run();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

const all = async (...runs) => Response.json(await Promise.all(runs.map(told)));

const empty = (body, status) => {
  const response = new Response(body, { status, headers: { a: 'b' } });
  return [response.status, response.body, [...response.headers].join()];
};

const answers = {
  // Asked first, before anything has brought the interfaces of the global scope.
  scope: () => Response.json(Object.prototype.toString.call(self)),
  coded: () => new Response('coded already', { encodeBody: 'manual', headers: { 'content-encoding': 'gzip' } }),
  length: () => new Response('hello', { headers: { 'content-length': '123' } }),
  'no-content': () => new Response('', { status: 204 }),
  empty: () =>
    all(
      () => empty('', 204),
      () => empty(new Uint8Array(0), 205),
      () => empty(new Blob([], { type: 'a/b' }), 304),
      () => empty(new URLSearchParams(), 204),
      () => empty('x', 204),
      () => empty(new ReadableStream(), 204),
      () => empty({ toString: () => '' }, 204),
    ),
  names: () =>
    Response.json(
      [fetch, setTimeout, setInterval, clearTimeout, clearInterval, queueMicrotask, structuredClone, atob, btoa, reportError, addEventListener].map(
        (operation) => operation.name,
      ),
    ),
  receivers: (_request, ctx) => {
    const { waitUntil } = ctx;
    const { getRandomValues } = crypto;
    return all(
      () => waitUntil(Promise.resolve()),
      () => Headers.prototype.get.call({}, 'a'),
      () => URL.prototype.toString.call(undefined),
      () => Response.prototype.text.call(new Request('http://a/')),
      () => typeof getRandomValues,
    );
  },
  locked: () => {
    const response = new Response('x');
    response.body.getReader();
    const readable = new ReadableStream();
    readable.getReader();
    const writable = new WritableStream();
    writable.getWriter();
    return all(
      () => response.text(),
      () => response.clone(),
      () => readable.getReader(),
      () => readable.cancel(),
      () => readable.pipeTo(new WritableStream()),
      () => readable.pipeThrough(new TransformStream()),
      () => readable.tee(),
      () => writable.getWriter(),
      () => writable.close(),
      () => writable.abort(),
      () => new ReadableStream().pipeTo(writable),
    );
  },
  cf: () =>
    all(
      () => new Request('http://a/', { cf: 'text' }).cf,
      () => new Request('http://a/', { cf: null }).cf,
      () => new Request('http://a/', { cf: { a: 1 } }).cf,
    ),
  text: () => {
    const text = () =>
      new ReadableStream({
        start(controller) {
          controller.enqueue('<b>hé');
          controller.enqueue('llo</b>');
          controller.close();
        },
      });
    return all(
      () => new Response(text().pipeThrough(new IdentityTransformStream())).text(),
      () => new Response(text().pipeThrough(new FixedLengthStream(13))).text(),
      () => new Response(text().pipeThrough(new CompressionStream('gzip')).pipeThrough(new DecompressionStream('gzip'))).text(),
      () =>
        new HTMLRewriter()
          .on('b', {
            element(element) {
              element.after(text());
            },
          })
          .transform(new Response(text()))
          .text(),
    );
  },
  rewriter: async () => {
    const words = [];
    const say = (run) => {
      try {
        words.push(run());
      } catch (error) {
        words.push(error.message);
      }
    };
    say(() => new HTMLRewriter().on());
    say(() => new HTMLRewriter().on('b'));
    say(() => new HTMLRewriter().on('b', 5));
    say(() => new HTMLRewriter().onDocument());
    const rewriter = new HTMLRewriter().on('b', {
      element(element) {
        say(() => element.before());
        say(() => element.append('x', 5));
        say(() => element.getAttribute());
        say(() => element.setAttribute('a'));
        say(() => element.onEndTag(5));
      },
    });
    words.push(await rewriter.transform(new Response('<b></b>')).text());
    return Response.json(words);
  },
  words: () =>
    all(
      () => atob('a'),
      () => btoa('\u20ac'),
      () => setTimeout('code'),
      () => queueMicrotask(null),
      () => new URLSearchParams().forEach(null),
      () => new TextDecoder('none'),
      () => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255])),
      () => structuredClone(() => 1),
      () => structuredClone({ a: Symbol('s') }),
      () => structuredClone(Promise.resolve()),
      () => new Response(new Uint8Array(1)).formData(),
      () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(5) })).text(),
      () => {
        const { 0: socket } = new WebSocketPair();
        socket.accept();
        socket.close(undefined, 'reason');
      },
    ),
  socket: async () => {
    const { 0: client, 1: server } = new WebSocketPair();
    client.accept();
    server.accept();
    const words = [];
    server.addEventListener('message', (event) => {
      words.push(event.data);
      throw new RangeError('not this');
    });
    server.addEventListener('message', () => words.push('never called'));
    server.addEventListener('error', (event) => words.push(event.message, event.error.name));
    server.addEventListener('close', () => words.push('never called'));
    client.addEventListener('error', (event) => words.push(event.message));
    const closed = new Promise((resolve) => client.addEventListener('close', resolve));
    client.send('one');
    client.send('two');
    const { code, reason, wasClean } = await closed;
    return Response.json([...words, code, reason, wasClean, client.readyState, server.readyState]);
  },
};

export default {
  fetch: (request, _env, ctx) => answers[new URL(request.url).pathname.slice(1)](request, ctx),
};
