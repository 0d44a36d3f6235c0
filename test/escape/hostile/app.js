/**
 * A hostile app: it patches what the runtime could stumble over, then calls every Web API with arguments made to re-enter,
 * throw, detach and lie, and reports each object that reached a patch and is not its own.
 *
 * `NAMES` and `INTERFACES` are put before this text by the test.
 */
const { apply, ownKeys, getOwnPropertyDescriptor, getPrototypeOf, construct, defineProperty } = Reflect;
const { prototype: ObjectPrototype } = Object;
const { isArray } = Array;
const { stringify } = JSON;
const { then } = Promise.prototype;
const scope = globalThis;
const ours = new WeakSet();
const has = WeakSet.prototype.has.bind(ours);
const add = WeakSet.prototype.add.bind(ours);
const isPrototypeOf = Function.prototype.call.bind(ObjectPrototype.isPrototypeOf);
const found = new Set();
const note = Set.prototype.add.bind(found);
const testsTrue = Function.prototype.call.bind(RegExp.prototype.test);
const OF_THE_HOST = /^(?:file|node):|\/src\//;
const own = (value) => {
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') add(value);
  return value;
};

/** The prototypes of interfaces: objects that have one are the app's to see. */
const interfaces = [];
for (const name of INTERFACES) {
  const found = scope[name];
  if (typeof found === 'function' && found.prototype) interfaces[interfaces.length] = found.prototype;
}
let where = '';
let depth = 0;
/** Another request is under way, whose data has this in it. */
const SECRET = 'secret-of-another';
let isSpying = false;
let spied = 0;
const includes = Function.prototype.call.bind(String.prototype.includes);
const spy = (how, value) => {
  if (typeof value === 'string' && includes(value, SECRET)) note(`${how} sees what another request has`);
};

/** Is it something that the app may have in its hands? */
function isForeign(value) {
  if (value === null || typeof value !== 'object' || has(value) || value === ObjectPrototype || value === scope) return false;
  for (let i = 0; i < interfaces.length; i++) if (value === interfaces[i] || isPrototypeOf(interfaces[i], value)) return false;
  // Errors are for whoever catches them.
  return !(value instanceof Error);
}

const seen = (how, value) => {
  if (isForeign(value)) note(`${how} during ${where}: ${ownKeysOf(value)}`);
};
const ownKeysOf = (value) => {
  let text = isArray(value) ? 'array ' : '';
  try {
    const keys = ownKeys(value);
    for (let i = 0; i < keys.length && i < 8; i++) text += `${String(keys[i])} `;
  } catch {}
  return text;
};

function patch(owner, name, label) {
  const descriptor = getOwnPropertyDescriptor(owner, name);
  if (descriptor === undefined || typeof descriptor.value !== 'function' || !descriptor.writable) return;
  const original = descriptor.value;
  owner[name] = function (...args) {
    if (depth === 1) {
      depth++;
      seen(label, this);
      for (let i = 0; i < args.length; i++) seen(`${label} argument`, args[i]);
      depth--;
    }
    if (isSpying) {
      spy(label, this);
      for (let i = 0; i < args.length; i++) spy(label, args[i]);
    }
    // What the language makes of the app's own objects is the app's.
    return own(apply(original, this, args));
  };
}

function patchAll() {
  own(OF_THE_HOST);
  for (const Class of [
    Array,
    Map,
    Set,
    WeakMap,
    WeakSet,
    String,
    RegExp,
    Promise,
    Function,
    Number,
    ArrayBuffer,
    DataView,
    Uint8Array,
    getPrototypeOf(Uint8Array),
    Date,
    Symbol,
  ]) {
    for (const name of ownKeys(Class.prototype)) if (name !== 'constructor') patch(Class.prototype, name, `${Class.name}.prototype.${String(name)}`);
    for (const name of ownKeys(Class)) patch(Class, name, `${Class.name}.${String(name)}`);
  }
  for (const owner of [Object, Reflect, JSON, Math]) for (const name of ownKeys(owner)) patch(owner, name, String(name));
  for (const iterator of [[][Symbol.iterator](), new Map()[Symbol.iterator](), ''[Symbol.iterator]()])
    patch(getPrototypeOf(iterator), 'next', 'next of an iterator');
  // The pairs of these are made for the app.
  for (const iterator of [new Headers().entries(), new URLSearchParams().entries(), new FormData().entries()]) {
    const prototype = getPrototypeOf(iterator);
    const { next } = prototype;
    prototype.next = function () {
      const step = own(apply(next, this, []));
      own(step.value);
      return step;
    };
  }
  Error.prepareStackTrace = (_error, sites) => {
    for (let i = 0; i < sites.length; i++) {
      seen('receiver in a stack', sites[i].getThis?.());
      const name = sites[i].getFileName?.();
      if (typeof name === 'string' && testsTrue(OF_THE_HOST, name)) note(`a file name in a stack: ${name}`);
      if (typeof sites[i].getFunction?.() === 'function') note('a function in a stack');
    }
    return 'stack';
  };
  // What a method of an inner object makes would be of a class of the app's.
  for (const Class of [Array, ArrayBuffer, RegExp, Uint8Array]) {
    const Spy = class extends Class {
      constructor(first, second) {
        super(first, second);
        if (depth === 1) note(`${Class.name}[Symbol.species] during ${where}`);
      }
    };
    defineProperty(Class, Symbol.species, { __proto__: null, configurable: true, get: () => (depth === 1 ? Spy : Class) });
  }
  // What an internal object does not have itself it would take from here, and show itself.
  for (const name of NAMES) {
    if (name in ObjectPrototype) continue;
    defineProperty(ObjectPrototype, name, {
      __proto__: null,
      configurable: true,
      get() {
        if (depth === 1) seen(`Object.prototype.${name} read`, this);
        if (isSpying && isForeign(this)) note(`Object.prototype.${name} is read for another request`);
        return undefined;
      },
      set(value) {
        if (depth === 1) {
          seen(`Object.prototype.${name} set`, this);
          seen(`Object.prototype.${name} value`, value);
        }
        if (isSpying) spy(`Object.prototype.${name}`, value);
        if (this !== undefined && this !== null) defineProperty(this, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
      },
    });
  }
}

// A generator of numbers that is the same on every run.
let state = 12345;
const random = (below) => {
  state = (Math_imul(state, 1103515245) + 12345) & 0x7fffffff;
  return state % below;
};
const Math_imul = Math.imul;

let again = () => {};
const values = [
  () => undefined,
  () => null,
  () => 0,
  () => -1,
  () => NaN,
  () => 2 ** 53,
  () => true,
  () => '',
  () => 'text',
  () => 'http://h/path?a=b',
  () => 'SHA-256',
  () => Symbol('s'),
  () => 10n,
  () => own({}),
  () => own([]),
  () => own([own(['a', 'b'])]),
  () => own(function callback() {}),
  () => own(() => own({})),
  () => own(new Uint8Array(8)),
  () => own(new ArrayBuffer(8)),
  () => own(new ArrayBuffer(8, own({ maxByteLength: 16 }))),
  () => {
    const buffer = own(new ArrayBuffer(8));
    const view = own(new Uint8Array(buffer));
    buffer.transfer();
    return view;
  },
  () => own(new Proxy(own({}), own({ get: (_target, key) => (key === Symbol.toPrimitive || key === 'then' ? undefined : own({})) }))),
  () => own(new Proxy(own([]), own({}))),
  () => {
    const { proxy, revoke } = Proxy.revocable(own({}), own({}));
    revoke();
    return own(proxy);
  },
  () =>
    own(
      new Proxy(
        own({}),
        own({
          get() {
            throw own(new Error('trap'));
          },
          has() {
            throw own(new Error('trap'));
          },
          ownKeys() {
            throw own(new Error('trap'));
          },
        }),
      ),
    ),
  () =>
    own({
      valueOf() {
        again();
        return 1;
      },
      toString() {
        again();
        return 'text';
      },
    }),
  () => {
    const buffer = own(new ArrayBuffer(8));
    return own({
      get type() {
        again();
        if (!buffer.detached) buffer.transfer();
        return 'bytes';
      },
      get headers() {
        again();
        return own({ a: 'b' });
      },
      get signal() {
        return undefined;
      },
      body: buffer,
    });
  },
  () =>
    own({
      // biome-ignore lint/suspicious/noThenProperty: that is what is hostile about it
      then(resolve) {
        again();
        resolve(own({}));
      },
    }),
  () =>
    own({
      [Symbol.iterator]() {
        again();
        return own({ next: () => own({ done: true }) });
      },
    }),
  () =>
    own({
      *[Symbol.iterator]() {
        yield own(['a', 'b']);
        again();
        yield own(['c', 'd']);
      },
    }),
  () =>
    own({
      async *[Symbol.asyncIterator]() {
        yield own(new Uint8Array(1));
      },
    }),
  () =>
    own({
      start: own((controller) => own(controller)),
      pull: own((controller) => again(controller)),
      transform: own((chunk, controller) => controller.enqueue(chunk)),
      write: own(() => {}),
      type: undefined,
    }),
  () => own({ transfer: own([own(new ArrayBuffer(8))]) }),
  () => own({ method: 'POST', body: 'text', headers: own([own(['a', 'b'])]) }),
  () => own({ name: 'HMAC', hash: 'SHA-256', length: 256 }),
  () =>
    own({
      highWaterMark: own({
        valueOf() {
          again();
          return 1;
        },
      }),
      size: own(() => {
        again();
        return 1;
      }),
    }),
];

/** @param ends the methods that end something, set a timer, log or connect; else all others */
async function run(request, env, ctx, ends) {
  const instances = [request, ctx, env];
  const keep = (value) => {
    if (typeof value === 'object' && value !== null) instances[instances.length] = value;
    return value;
  };
  // Some of everything, made before anything is patched.
  const bytes = new Uint8Array([1, 2, 3]);
  keep(new ReadableStream({ start: (controller) => void keep(controller), pull: (controller) => controller.enqueue('x') }).getReader());
  keep(
    new ReadableStream({
      type: 'bytes',
      start: (controller) => void keep(controller),
      pull: (controller) => keep(controller.byobRequest)?.respond(1),
    }).getReader({ mode: 'byob' }),
  );
  keep(new ReadableStream({ type: 'owning', start: (controller) => void keep(controller), pull: (controller) => controller.enqueue('x') }).getReader());
  keep(new WritableStream({ start: (controller) => void keep(controller) }).getWriter());
  keep(new TransformStream({ start: (controller) => void keep(controller) }));
  for (const value of [
    new Headers({ a: 'b' }),
    new Request('http://h/', { method: 'POST', body: 'x' }),
    new Response('text'),
    new URL('http://h/?a=b'),
    new URLSearchParams('a=b'),
    new Blob(['x']),
    new File(['x'], 'n'),
    new FormData(),
    new ReadableStream(),
    new WritableStream(),
    new FixedLengthStream(3),
    new IdentityTransformStream(),
    new TextEncoder(),
    new TextDecoder(),
    new TextEncoderStream(),
    new TextDecoderStream(),
    new CompressionStream('gzip'),
    new DecompressionStream('gzip'),
    new AbortController(),
    new AbortController().signal,
    new EventTarget(),
    new Event('e'),
    new CustomEvent('e'),
    new MessageEvent('e'),
    new CloseEvent('e'),
    new ErrorEvent('e'),
    new ProgressEvent('e'),
    new MessageChannel(),
    new MessageChannel().port1,
    new BroadcastChannel('c'),
    new FileReader(),
    new WebSocketPair()[0],
    new URLPattern({ pathname: '/:a' }),
    new HTMLRewriter(),
    new DOMException('m', 'n'),
    new Headers({ a: 'b' }).entries(),
    new URLSearchParams('a=b').keys(),
    crypto,
    crypto.subtle,
    performance,
    performance.mark('m'),
    new PerformanceObserver(() => {}),
    navigator,
    scheduler,
    console,
    new ByteLengthQueuingStrategy({ highWaterMark: 1 }),
    new CountQueuingStrategy({ highWaterMark: 1 }),
    new crypto.DigestStream('SHA-256'),
    caches,
    caches.default,
  ])
    keep(value);
  keep(await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign', 'verify']));
  for (let i = 0; i < instances.length; i++) own(instances[i]);
  const operations = [];
  /** What ends things and what goes on by itself, which would spoil the other calls. */
  const ending = new Set([
    'setInterval',
    'setTimeout',
    'wait',
    'close',
    'terminate',
    'abort',
    'error',
    'log',
    'warn',
    'info',
    'debug',
    'trace',
    'dir',
    'table',
    'waitUntil',
    'passThroughOnException',
    'timeout',
    'fetch',
    'send',
    'accept',
    'cancel',
    'from',
    'any',
  ]);
  const never = new Set(['constructor', 'eval', 'Function']);
  const collect = (owner, receiver, label) => {
    for (const key of ownKeys(owner)) {
      if (never.has(key) || (ends ? !ending.has(key) : ending.has(key) && !['send', 'accept', 'cancel', 'from', 'any'].includes(key))) continue;
      const { value, get, set } = getOwnPropertyDescriptor(owner, key);
      const name = `${label}.${String(key)}`;
      if (typeof value === 'function' && !/^[A-Z]/.test(String(key))) operations[operations.length] = [name, value, receiver];
      if (get !== undefined) operations[operations.length] = [`get ${name}`, get, receiver];
      if (set !== undefined) operations[operations.length] = [`set ${name}`, set, receiver];
    }
  };
  for (const instance of instances) {
    for (let at = getPrototypeOf(instance); at !== null && at !== ObjectPrototype; at = getPrototypeOf(at))
      collect(at, instance, instance.constructor?.name ?? 'object');
  }
  for (const name of INTERFACES) if (typeof scope[name] === 'function') collect(scope[name], scope[name], name);
  const globals = ends
    ? ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'queueMicrotask']
    : ['atob', 'btoa', 'structuredClone', 'reportError', 'queueMicrotask', 'clearTimeout', 'addEventListener', 'removeEventListener', 'dispatchEvent'];
  for (const name of globals) operations[operations.length] = [name, scope[name], undefined];
  const constructors = [];
  for (const name of INTERFACES)
    if (typeof scope[name] === 'function' && (name === 'EventSource' || name === 'WebSocket') === ends) constructors[constructors.length] = [name, scope[name]];
  operations[operations.length] = ['fetch', scope.fetch, undefined];

  patchAll();
  const pending = [];
  const settled = (value) => void own(value);
  const attempt = (name, call) => {
    where = name;
    let nested = 0;
    again = () => {
      if (nested++ > 2) return;
      const before = depth;
      try {
        depth = 1;
        call();
      } catch {
      } finally {
        depth = before;
      }
    };
    try {
      depth = 1;
      const result = own(call());
      depth = 0;
      if (result instanceof Promise) pending[pending.length] = apply(then, result, [settled, settled]);
    } catch {
    } finally {
      depth = 0;
      again = () => {};
    }
  };
  let calls = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < constructors.length; i++) {
      const args = own([]);
      for (let n = random(4); n > 0; n--) args[args.length] = values[random(values.length)]();
      attempt(`new ${constructors[i][0]}`, () => construct(constructors[i][1], args));
      calls++;
    }
    for (let i = 0; i < operations.length; i++) {
      const [name, f, receiver] = operations[i];
      const args = own([]);
      for (let n = random(4); n > 0; n--) args[args.length] = random(6) === 0 ? instances[random(instances.length)] : values[random(values.length)]();
      const self = random(8) === 0 ? own(new Proxy(receiver ?? own({}), own({}))) : random(12) === 0 ? instances[random(instances.length)] : receiver;
      attempt(name, () => apply(f, self, args));
      calls++;
    }
    // What is asked of the host comes back in turns of its own.
    where = `what follows round ${round}`;
    depth = 1;
    await null;
    depth = 0;
  }
  return { calls, pending: pending.length };
}

/** Every way to a constructor of functions, from everything that can be reached. */
function reach(roots) {
  const visited = new Set();
  const queue = [...roots];
  const ways = [];
  while (queue.length > 0) {
    const value = queue.pop();
    if (value === null || (typeof value !== 'object' && typeof value !== 'function') || visited.has(value) || visited.size > 20_000) continue;
    visited.add(value);
    let keys = [];
    try {
      keys = ownKeys(value);
      queue.push(getPrototypeOf(value));
    } catch {}
    for (const key of keys) {
      const descriptor = getOwnPropertyDescriptor(value, key);
      queue.push(descriptor.value, descriptor.get, descriptor.set);
      if (descriptor.get !== undefined) {
        try {
          queue.push(apply(descriptor.get, value, []));
        } catch {}
      }
    }
    for (const way of [() => value.constructor, () => value.constructor.constructor]) {
      try {
        const Maker = way();
        if (typeof Maker !== 'function') continue;
        const made = construct(Maker, ['return 1']);
        if (typeof made === 'function' && apply(made, undefined, []) === 1) ways.push(String(Maker));
      } catch {}
    }
    try {
      for (let at = value; at !== null; at = getPrototypeOf(at))
        if (getPrototypeOf(at) === null && at !== ObjectPrototype && typeof at.hasOwnProperty === 'function') ways.push('an Object.prototype of another realm');
    } catch {}
  }
  return { visited: visited.size, ways };
}

export default {
  async fetch(request, env, ctx) {
    // Touches nothing of the request, so that what is seen is the runtime's doing.
    if (spied > 0) {
      isSpying = --spied > 0;
      return new Response('fine');
    }
    const path = new URL(request.url).pathname;
    if (path === '/fine') return new Response('fine');
    if (path === '/spy') {
      await run(request, env, ctx, false);
      isSpying = true;
      spied = 4;
      return new Response('spying');
    }
    const before =
      path === '/reach'
        ? reach([globalThis, request, env, ctx, new Response('x'), new WebSocketPair(), [], new Map(), async () => {}, function* () {}])
        : undefined;
    const result = before ?? (path === '/found' ? { calls: 0 } : await run(request, env, ctx, path === '/ends'));
    const list = [];
    found.forEach((it) => {
      list[list.length] = it;
    });
    let text = `{"result":${stringify({ __proto__: null, value: result.calls ?? result.visited, ways: `${result.ways ?? ''}` })},"found":[`;
    for (let i = 0; i < list.length; i++) text += `${i === 0 ? '' : ','}${stringify(list[i])}`;
    return new Response(`${text}]}`);
  },
};
