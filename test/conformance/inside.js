/**
 * The part of the runner that runs in the worker: makes it look like the global scope that a test expects, runs
 * harness and test once, and answers with what came of it. No eval; it keeps what it needs before the test runs.
 */
const RealResponse = Response;
const unhandled = { count: 0, samples: [] };
const loaded = [];
let table = { __proto__: null };

/** The harness is told by these that the test's body has run. */
export function onLoad(listener) {
  loaded.push(listener);
}

/** Assignment as in sloppy mode: what cannot be set stays as it is. */
export function silentSet(object, key, value) {
  if (object === null || object === undefined) throw new TypeError(`Cannot set properties of ${object}`);
  Reflect.set(Object(object), key, value, object);
  return value;
}

export function silentDelete(object, key) {
  if (object === null || object === undefined) throw new TypeError('Cannot convert undefined or null to object');
  return Reflect.deleteProperty(Object(object), key);
}

/** The `this` of a sloppy function. */
export function receiver(value) {
  return value ?? globalThis;
}

/** What the IDL harness may evaluate, compiled ahead. */
export function expressions(compiled) {
  table = compiled;
}

export function evaluate(source) {
  if (table[source]) return table[source]();
  let value;
  if (/^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$/.test(source)) value = source.split('.').reduce((object, name) => object?.[name], globalThis);
  if (value === undefined) throw new ReferenceError(`not compiled ahead: ${source}`);
  return value;
}

/** The worker: runs the test when first asked, and tells its results. */
export function serve(config, harness, body) {
  let result;
  return {
    async fetch() {
      result ??= run(config, harness, body);
      return new RealResponse(JSON.stringify(await result), { headers: { 'content-type': 'application/json' } });
    },
  };
}

function run(config, harness, body) {
  return new Promise((resolve) => {
    const partial = [];
    const finish = (status, message, tests) => resolve({ harness: { status, message }, unhandled, tests });
    try {
      setUp(config);
      harness.call(globalThis);
      globalThis.add_result_callback((test) => partial.push(slim(test)));
      globalThis.add_completion_callback((tests, status) => finish(status.status, textOf(status.message), tests.map(slim)));
    } catch (error) {
      finish(1, `set-up: ${error?.stack ?? error}`, partial);
      return;
    }
    setTimeout(() => {
      try {
        globalThis.timeout();
      } catch {}
      setTimeout(() => finish(2, 'the test takes too long', partial), 300);
    }, config.deadline);
    const done = () => {
      for (const listener of loaded) listener();
    };
    try {
      body.call(globalThis);
      Promise.resolve().then(done);
    } catch (error) {
      Promise.resolve().then(done);
      // As window.onerror would have it: an error of the file, with the results of tests that had begun.
      setTimeout(() => finish(1, `uncaught at top level: ${error?.name}: ${error?.message}`, partial), 1000);
    }
  });
}

const textOf = (message) => (message === null || message === undefined ? null : String(message).slice(0, 400));
const slim = ({ name, status, message }) => ({ name: String(name), status, message: textOf(message) });

function setUp(config) {
  const { href, origin, protocol, host, hostname, port, pathname, search, hash } = new URL(config.base);
  define('self', globalThis);
  define('GLOBAL', { isWindow: () => false, isWorker: () => true, isShadowRealm: () => false });
  define('location', { href, origin, protocol, host, hostname, port, pathname, search, hash, toString: () => href });
  if (config.title) define('META_TITLE', config.title);
  addEventListener('unhandledrejection', (event) => {
    unhandled.count++;
    if (unhandled.samples.length < 5) unhandled.samples.push(String(event.reason));
    event.preventDefault();
  });
  if (config.fetches) wrapFetch(config);
  if (config.resolves) wrapConstructors(config);
}

/** Relative URLs are resolved: a worker has no base URL. */
function wrapFetch(config) {
  const realFetch = globalThis.fetch;
  // A method, since a method is no constructor.
  const { fetch } = { fetch: (...args) => realFetch.call(globalThis, ...resolveFirst(args, config)) };
  define('fetch', Object.defineProperty(fetch, 'length', { value: 1 }));
}

function wrapConstructors(config) {
  for (const name of ['Request', 'EventSource']) {
    const Real = globalThis[name];
    if (Real === undefined) continue;
    const proxy = new Proxy(Real, {
      construct: (target, args, newTarget) => Reflect.construct(target, resolveFirst(args, config), newTarget === proxy ? target : newTarget),
    });
    // Nobody shall see the difference.
    Real.prototype.constructor = proxy;
    define(name, proxy);
  }
  const { redirect } = Response;
  const wrapped = { redirect: (...args) => redirect.apply(Response, resolveFirst(args, config)) };
  Response.redirect = Object.defineProperty(wrapped.redirect, 'length', { value: redirect.length });
}

function resolveFirst(args, config) {
  return args.length === 0 ? args : [absolute(args[0], config), ...args.slice(1)];
}

function absolute(input, config) {
  if (typeof input === 'object' && !(input instanceof URL)) return input;
  const text = String(input);
  if (URL.canParse(text)) return input;
  return URL.parse(text, config.base)?.href ?? input;
}

function define(name, value) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
}
