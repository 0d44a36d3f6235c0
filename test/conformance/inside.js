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
  const base = new URL(config.base);
  const { href, origin, protocol, host, hostname, port, pathname, search, hash } = base;
  define('self', globalThis);
  define('GLOBAL', { isWindow: () => false, isWorker: () => true, isShadowRealm: () => false });
  define('location', { href, origin, protocol, host, hostname, port, pathname, search, hash, toString: () => href });
  if (config.title) define('META_TITLE', config.title);
  addEventListener('unhandledrejection', (event) => {
    unhandled.count++;
    if (unhandled.samples.length < 5) unhandled.samples.push(String(event.reason));
    event.preventDefault();
  });
  if (config.resolves || Object.keys(config.files).length > 0) wrapFetch(config, base);
  if (config.resolves) wrapConstructors(config);
}

/** The files that came along are answered from here, and relative URLs are resolved: a worker has no base URL. */
function wrapFetch(config, base) {
  const realFetch = globalThis.fetch;
  const wrapped = {
    fetch(...args) {
      const target = absolute(args[0], config);
      if (typeof target === 'string' || target instanceof URL) {
        const url = URL.parse(String(target));
        const file = url?.host === base.host ? config.files[url.pathname] : undefined;
        if (file) return Promise.resolve(new RealResponse(file.isText ? file.content : bytesOf(file.content), { headers: { 'content-type': file.type } }));
      }
      return realFetch.call(globalThis, ...(args.length > 0 ? [target, ...args.slice(1)] : []));
    },
  };
  Object.defineProperty(wrapped.fetch, 'length', { value: 1 });
  define('fetch', wrapped.fetch);
}

function wrapConstructors(config) {
  const construct = (resolvesFirst) => (target, args, newTarget, proxy) => {
    if (resolvesFirst && args.length > 0) args[0] = absolute(args[0], config);
    return Reflect.construct(target, args, newTarget === proxy ? target : newTarget);
  };
  const wrap = (name, resolvesFirst, get) => {
    const Real = globalThis[name];
    if (Real === undefined) return;
    const build = construct(resolvesFirst);
    const proxy = new Proxy(Real, { construct: (target, args, newTarget) => build(target, args, newTarget, proxy), ...(get && { get }) });
    define(name, proxy);
  };
  wrap('Request', true);
  wrap('EventSource', true);
  const redirect = (...args) => RealResponse.redirect(...args.map((arg, index) => (index === 0 ? absolute(arg, config) : arg)));
  wrap('Response', false, (target, key, receiver) => (key === 'redirect' ? redirect : Reflect.get(target, key, receiver)));
}

function absolute(input, config) {
  if (typeof input !== 'string' && !(input instanceof URL)) return input;
  const text = String(input);
  if (URL.canParse(text)) return input;
  return URL.parse(text, config.base)?.href ?? input;
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function define(name, value) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
}
