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
};
