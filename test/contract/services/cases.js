const failure = async (promise) => {
  try {
    return { value: await promise };
  } catch (error) {
    return { name: error.name, message: error.message, keys: Object.keys(error), isError: error instanceof Error };
  }
};
const sortedEcho = async (response) => {
  const echo = await response.json();
  echo.headers = Object.fromEntries(echo.headers);
  return echo;
};

export const cases = {
  'fetch: method, URL, headers and body as they were given': async ({ OTHER }) =>
    sortedEcho(await OTHER.fetch('http://any.host:81/echo?a=b#c', { method: 'PUT', body: 'text', headers: { 'X-Own': '1', 'content-type': 'text/x' } })),
  'fetch: a GET has no headers of anybody else': async ({ OTHER }) => sortedEcho(await OTHER.fetch('https://x/echo')),
  'fetch: a Request': async ({ OTHER }) => sortedEcho(await OTHER.fetch(new Request('https://x/echo', { method: 'POST', body: 'from a request' }))),
  'fetch: the incoming request passed on': async ({ OTHER }, _ctx, request) => (await OTHER.fetch('http://x/null-body', request)).json(),
  'fetch: GET has no body': async ({ OTHER }) => (await OTHER.fetch('http://x/null-body')).json(),
  'fetch: an empty POST': async ({ OTHER }) => (await OTHER.fetch('http://x/null-body', { method: 'POST' })).json(),
  'fetch: bytes as the body': async ({ OTHER }) => (await OTHER.fetch('http://x/body', { method: 'POST', body: new Uint8Array([104, 105]) })).text(),
  'fetch: headers of a stream': async ({ OTHER }) => sortedEcho(await OTHER.fetch('http://x/echo', { method: 'POST', body: new Response('streamed').body })),
  'fetch: headers of a stream of known length': async ({ OTHER }) => {
    const { readable, writable } = new FixedLengthStream(5);
    const writer = writable.getWriter();
    writer.write(new TextEncoder().encode('fixed'));
    writer.close();
    return sortedEcho(await OTHER.fetch('http://x/echo', { method: 'POST', body: readable }));
  },
  'fetch: headers of a stream of unknown length': async ({ OTHER }) => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('who knows'));
        controller.close();
      },
    });
    return sortedEcho(await OTHER.fetch('http://x/echo', { method: 'POST', body }));
  },
  'fetch: headers of an empty POST': async ({ OTHER }) => sortedEcho(await OTHER.fetch('http://x/echo', { method: 'POST' })),
  'fetch: headers of an empty text': async ({ OTHER }) => sortedEcho(await OTHER.fetch('http://x/echo', { method: 'POST', body: '' })),
  'fetch: form data as the body': async ({ OTHER }) => {
    const body = new URLSearchParams({ a: '1', b: 'x y' });
    return sortedEcho(await OTHER.fetch('http://x/echo', { method: 'POST', body }));
  },
  'fetch: a stream as the body, sent back': async ({ OTHER }) => {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const answered = OTHER.fetch('http://x/body', { method: 'POST', body: readable });
    writer.write(new TextEncoder().encode('one '));
    writer.write(new TextEncoder().encode('two'));
    writer.close();
    const response = await answered;
    return [response.headers.get('x-passed'), await response.text()];
  },
  'fetch: a large body there and back': async ({ OTHER }) => {
    const body = new Uint8Array(3_000_000).fill(7);
    const back = await (await OTHER.fetch('http://x/body', { method: 'POST', body })).arrayBuffer();
    return [back.byteLength, new Uint8Array(back).every((byte) => byte === 7)];
  },
  'fetch: cf of the init': async ({ OTHER }) => (await OTHER.fetch('http://x/cf', { cf: { own: { a: 1 } } })).json(),
  'fetch: no cf': async ({ OTHER }) => (await OTHER.fetch('http://x/cf')).json(),
  'response: status, text and headers': async ({ OTHER }) => {
    const response = await OTHER.fetch('http://x/status');
    return [response.status, response.statusText, [...response.headers], await response.text(), response.url, response.redirected, response.ok];
  },
  'response: null body': async ({ OTHER }) => {
    const response = await OTHER.fetch('http://x/no-content');
    return [response.status, response.body === null, await response.text()];
  },
  'response: bytes': async ({ OTHER }) => [...new Uint8Array(await (await OTHER.fetch('http://x/bytes')).arrayBuffer())],
  'response: a stream': async ({ OTHER }) => (await OTHER.fetch('http://x/stream')).text(),
  'response: HEAD has no body': async ({ OTHER }) => (await OTHER.fetch('http://x/bytes', { method: 'HEAD' })).text(),
  'response: passed on': async ({ OTHER }) => {
    const response = await OTHER.fetch('http://x/status');
    const copy = new Response(response.body, response);
    return [copy.status, await copy.text()];
  },
  'response: its headers cannot be changed': async ({ OTHER }) => {
    const response = await OTHER.fetch('http://x/status');
    return failure((async () => response.headers.set('a', 'b'))());
  },
  'redirect: followed, to the same service': async ({ OTHER }) => {
    const response = await OTHER.fetch('http://x/redirect');
    return [response.status, response.redirected, response.url, (await response.json()).url];
  },
  'redirect: what is secret goes to the same host only': async ({ OTHER }) => {
    const init = { headers: { Authorization: 'Bearer secret', 'x-own': 'kept' } };
    const echoes = [
      await OTHER.fetch('http://x/redirect', init),
      await OTHER.fetch('http://x/relative', init),
      await OTHER.fetch('http://elsewhere/redirect', init),
    ];
    return Promise.all(echoes.map(async (response) => (await sortedEcho(response)).headers.filter(([name]) => name === 'authorization' || name === 'x-own')));
  },
  'redirect: a relative one keeps method and body': async ({ OTHER }) => {
    const echo = await sortedEcho(await OTHER.fetch('http://x/relative', { method: 'POST', body: 'again' }));
    return [echo.method, echo.url, echo.body];
  },
  'redirect: manual': async ({ OTHER }) => {
    const response = await OTHER.fetch('http://x/redirect', { redirect: 'manual' });
    return [response.status, response.headers.get('location'), response.redirected];
  },
  'redirect: too many': ({ OTHER }) => failure(OTHER.fetch('http://x/loop')),
  'redirect: POST becomes GET': async ({ OTHER }) => {
    const response = await OTHER.fetch('http://x/redirect', { method: 'POST', body: 'gone' });
    const { method, body } = await response.json();
    return [method, body];
  },
  'errors: an exception of the callee': ({ OTHER }) => failure(OTHER.fetch('http://x/throw')),
  'errors: of a class of its own': ({ OTHER }) => failure(OTHER.fetch('http://x/throw-custom')),
  'errors: what is no error': ({ OTHER }) => failure(OTHER.fetch('http://x/throw-text')),
  'errors: a rejection': ({ OTHER }) => failure(OTHER.fetch('http://x/reject')),
  'errors: no response': ({ OTHER }) => failure(OTHER.fetch('http://x/no-response')),
  'errors: an invalid URL': ({ OTHER }) => failure(OTHER.fetch('/relative')),
  'errors: a body that breaks off': async ({ OTHER }) => (await failure((await OTHER.fetch('http://x/broken-stream')).text())).isError,
  'abort: before the call': async ({ OTHER }) => {
    const result = await failure(OTHER.fetch('http://x/echo', { signal: AbortSignal.abort() }));
    return result.name;
  },
  'websocket: messages there and back, and an end': async ({ OTHER }) => {
    const response = await OTHER.fetch('http://x/socket', { headers: { upgrade: 'websocket' } });
    const socket = response.webSocket;
    const heard = [response.status, response.headers.get('x-own')];
    const over = new Promise((resolve) => socket.addEventListener('close', ({ code, reason, wasClean }) => resolve([code, reason, wasClean])));
    socket.accept();
    socket.addEventListener('message', ({ data }) => {
      heard.push(typeof data === 'string' ? data : data.byteLength);
      if (heard.length === 5) socket.send('close');
    });
    socket.send('one');
    socket.send('two');
    socket.send(new Uint8Array(3).buffer);
    return [...heard, await over, heard.length];
  },
  'websocket: refused': async ({ OTHER }) => {
    const response = await OTHER.fetch('http://x/status', { headers: { upgrade: 'websocket' } });
    return [response.status, response.webSocket, await response.text()];
  },
  'websocket: not asked for': async ({ OTHER }) => (await OTHER.fetch('http://x/socket')).status,
  'status: its text': async ({ OTHER }) =>
    Promise.all([200, 201, 404, 299, 503].map(async (status) => (await OTHER.fetch(`http://x/text?status=${status}`)).statusText)),
  'status: the text that the app has set': async ({ OTHER }) => (await OTHER.fetch('http://x/text?status=404&text=Nowhere')).statusText,
  'entrypoint: a named one, with props': async ({ NAMED }) => (await NAMED.fetch('http://x/y')).json(),
  'self: calls itself': async ({ SELF }, _ctx, request) => {
    if (request.headers.get('x-again') !== null) return 'again';
    return (await SELF.fetch(request.url, { headers: { 'x-again': '1' } })).json();
  },
  'Fetcher: what it looks like': ({ OTHER }) => [
    typeof OTHER,
    typeof OTHER.fetch,
    Object.prototype.toString.call(OTHER),
    OTHER.constructor.name,
    OTHER.then === undefined,
  ],
};
