const thrown = async (promise) => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return 'nothing';
};
const later = (run) => setTimeout(run, 20);

export const cases = {
  'errors: own properties and cause': async ({ CALLEE }) => {
    const error = await thrown(CALLEE.throwWithProperties());
    const { code, details, cause, remote } = error;
    return [error instanceof RangeError, error.message, code, details.list[0], details.list[1].getTime(), cause instanceof TypeError, cause.message, remote];
  },
  'errors: a name of their own': async ({ CALLEE }) => {
    const error = await thrown(CALLEE.throwNamed());
    return [error.constructor.name, error.name, error.message, Object.hasOwn(error, 'name')];
  },
  'errors: several in one': async ({ CALLEE }) => {
    const error = await thrown(CALLEE.throwAggregate());
    return [error.name, error.message, error.errors.map((one) => [one.constructor.name, one.message])];
  },
  'errors: a property that cannot be sent': async ({ CALLEE }) => {
    const error = await thrown(CALLEE.throwWithFunction());
    return [error.name, error.message, typeof error.method, error.remote];
  },
  'errors: the stack stays with the callee': async ({ CALLEE }) => (await thrown(CALLEE.throwWithProperties())).stack.includes('throwWithProperties'),
  'errors: as a value': async ({ CALLEE }) => {
    const { error } = await CALLEE.makeError();
    return [error instanceof SyntaxError, error.message, error.extra, error.remote ?? null];
  },
  'structuredClone: own properties of errors': () => {
    const error = new RangeError('far', { cause: 'why' });
    error.code = 1;
    error.self = error;
    const copy = structuredClone(error);
    return [copy instanceof RangeError, copy.message, copy.code, copy.self === copy, copy.cause, copy.stack === error.stack];
  },
  'structuredClone: an error with a name of its own': () => {
    const error = new Error('x');
    error.name = 'Own';
    const copy = structuredClone(error);
    return [copy.constructor.name, copy.name];
  },
  'structuredClone: several errors in one': () => {
    const copy = structuredClone(new AggregateError([new Error('one')], 'all'));
    return [copy.name, copy.errors.length, copy.errors[0].message];
  },
  'Blob: given': ({ CALLEE }) => CALLEE.readBlob({ blob: new Blob(['hello ', 'world'], { type: 'text/plain' }) }),
  'Blob: returned': async ({ CALLEE }) => {
    const blob = await CALLEE.blob();
    return [blob instanceof Blob, blob.type, await blob.text()];
  },
  'File: cannot be sent': async ({ CALLEE }) => (await thrown(CALLEE.passBack({ file: new File(['x'], 'a.txt') }))).name,
  'AbortSignal: one that is not aborted': ({ CALLEE }) => CALLEE.state(new AbortController().signal),
  'AbortSignal: one that is aborted': ({ CALLEE }) => CALLEE.state(AbortSignal.abort(new Error('why'))),
  'AbortSignal: aborted later': ({ CALLEE }) => {
    const controller = new AbortController();
    later(() => controller.abort(new Error('later')));
    return CALLEE.waitFor(controller.signal);
  },
  'AbortSignal: aborted later, with no error': ({ CALLEE }) => {
    const controller = new AbortController();
    later(() => controller.abort('a text'));
    return CALLEE.waitFor(controller.signal);
  },
  'AbortSignal: of a request': async ({ CALLEE }) => {
    const controller = new AbortController();
    later(() => controller.abort(new Error('the request')));
    return CALLEE.waitForRequest(new Request('http://x/', { signal: controller.signal }));
  },
  'AbortSignal: cannot be cloned': async () => (await thrown((async () => structuredClone(new AbortController().signal))())).name,
  'stubs: an argument is the callee’s, by the older rule': async ({ CALLEE }) => {
    const counter = await CALLEE.counter();
    const copy = counter.dup();
    const first = await CALLEE.use(counter);
    return [first, (await thrown(counter.next())).message, await copy.next()];
  },
  'connect: what the handler writes': async ({ HELLO }) => {
    const socket = HELLO.connect('localhost:8081');
    const { remoteAddress } = await socket.opened;
    const text = await new Response(socket.readable).text();
    await socket.closed;
    return [remoteAddress, text, Object.prototype.toString.call(socket)];
  },
  'connect: there and back': async ({ CALLEE }) => {
    const socket = CALLEE.connect({ hostname: 'somewhere', port: 1 });
    const writer = socket.writable.getWriter();
    const reader = socket.readable.getReader();
    const seen = [];
    for (const word of ['one', 'two', 'three']) {
      const written = writer.write(new TextEncoder().encode(word));
      seen.push(new TextDecoder().decode((await reader.read()).value));
      await written;
    }
    await writer.close();
    return [seen, (await reader.read()).done];
  },
  'connect: a large body': async ({ CALLEE }) => {
    const socket = CALLEE.connect('localhost:8081');
    const bytes = new Uint8Array(300_000).fill(7);
    const sent = new Response(bytes).body.pipeTo(socket.writable);
    const back = new Uint8Array(await new Response(socket.readable).arrayBuffer());
    await sent;
    return [back.length, back.every((byte) => byte === 7)];
  },
  'connect: a handler of a plain object': async ({ PLAIN }) => new Response(PLAIN.connect('localhost:8081').readable).text(),
  'connect: a handler that throws': async ({ FAILS }) => {
    const socket = FAILS.connect('localhost:8081');
    socket.opened.catch(() => {});
    socket.closed.catch(() => {});
    return (await thrown(new Response(socket.readable).text())) !== 'nothing';
  },
  'connect: no address': async ({ CALLEE }) => (await thrown((async () => CALLEE.connect())())).name,
  'connect: is nothing to be called by others': async ({ CALLEE }) => typeof CALLEE.connect,
};
