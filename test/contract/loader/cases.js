const failure = async (work) => {
  try {
    return { value: await work() };
  } catch (error) {
    return { name: error.name, message: error.message };
  }
};
/** Adds, at the end, the import that a class needs. */
const withImport = (source) =>
  /extends WorkerEntrypoint/.test(source) && !/cloudflare:workers/.test(source) ? `${source}\nimport { WorkerEntrypoint } from 'cloudflare:workers';` : source;
const code = (source, more) => ({ compatibilityDate: '2026-01-01', mainModule: 'main.js', modules: { 'main.js': withImport(source) }, ...more });
const GREETER = `
import { WorkerEntrypoint } from 'cloudflare:workers';
export default { greet(name) { return 'Hello, ' + name; }, fetch(request) { return new Response(request.method + ' ' + request.url); } };
export class Named extends WorkerEntrypoint { props() { return this.ctx.props; } through() { return this.ctx.props.service.fetch('http://x/answers%20others').then((response) => response.text()); } }`;
const named = (LOADER, props) => LOADER.load(code(GREETER)).getEntrypoint('Named', { props });
const COUNTER = `
import { WorkerEntrypoint } from 'cloudflare:workers';
let count = 0;
export default class extends WorkerEntrypoint { next() { return count++; } }`;
const FETCHER = `export default { async fetch(request) { return fetch(request); } };`;
const unexpected = () => {
  throw new Error('asked for code that is there');
};

const tailed = [];
export const handlers = {
  tail(events, _env, { props }) {
    for (const { logs, exceptions, outcome, event } of events) tailed.push({ props, logs, exceptions, outcome, event });
  },
};
const tailedWith = async (word) => {
  for (let left = 500; left > 0; left--) {
    const found = tailed.filter(({ props }) => props?.word === word);
    if (found.length > 0) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return 'nothing came';
};
/** What tail workers hear of console.log with each of these lists of arguments. */
const told = async ({ LOADER }, ctx, word, lists) => {
  const source = `class Plain { a = 1; }
    const throws = () => { throw new Error('never to be seen'); };
    const own = (object, name, value) => Object.defineProperty(object, name, { value, configurable: true, writable: true });
    export default { fetch() { ${lists.map((list) => `console.log(${list});`).join('\n')} return new Response('done'); } };`;
  const worker = LOADER.load(code(source, { tails: [ctx.exports.default({ props: { word } })] }));
  await (await worker.getEntrypoint().fetch('http://x/')).text();
  const [{ logs }] = await tailedWith(word);
  return logs.map(({ message, errorInfo }) => [message, errorInfo?.map((error) => error && [error.name, error.message, typeof error.stack])]);
};

export const cases = {
  'answers others': (_env, _ctx, request) => request.url,
  'what it looks like': ({ LOADER }) => {
    const worker = LOADER.load(code(GREETER));
    const entrypoint = worker.getEntrypoint();
    return [String(LOADER), LOADER.constructor.name, String(worker), worker.constructor.name, String(entrypoint), typeof entrypoint.greet];
  },
  'get: fetch': async ({ LOADER }) =>
    (
      await LOADER.get('fetch', () => code(GREETER))
        .getEntrypoint()
        .fetch('http://x/path', { method: 'POST', body: 'b' })
    ).text(),
  'get: a method': ({ LOADER }) =>
    LOADER.get('method', () => code(GREETER))
      .getEntrypoint()
      .greet('Ada'),
  'get: a named entrypoint with props': ({ LOADER }) =>
    LOADER.get('named', () => code(GREETER))
      .getEntrypoint('Named', { props: { a: [1, { b: 'c' }] } })
      .props(),
  'props: what JSON has no words for': async ({ LOADER }) => {
    const props = { when: new Date(5), map: new Map([['a', new Set([1n])]]), nothing: undefined };
    props.self = props;
    const got = await named(LOADER, props).props();
    return [got.when.getTime(), String([...got.map.get('a')][0]), 'nothing' in got, got.self === got];
  },
  'props: toJSON is no matter': ({ LOADER }) => {
    class Odd {
      a = 1;
    }
    Object.prototype.toJSON = Array.prototype.toJSON = () => 'forged';
    try {
      return named(LOADER, { list: [1, { b: 2 }], date: new Date(5) })
        .props()
        .then(({ list, date }) => [list, date.getTime(), typeof Odd]);
    } finally {
      delete Object.prototype.toJSON;
      delete Array.prototype.toJSON;
    }
  },
  'props: a service': ({ LOADER }, ctx) => named(LOADER, { service: ctx.exports.default({}) }).through(),
  'props: a service that has such props itself': ({ LOADER }, ctx) =>
    named(LOADER, { service: ctx.exports.default({ props: { inner: ctx.exports.default({ props: new Map([[1, 2]]) }) } }) }).through(),
  'props: an entrypoint without its props': ({ LOADER }, ctx) => failure(() => named(LOADER, { service: ctx.exports.default }).props()),
  'props: an entrypoint of a loaded worker': ({ LOADER }) => failure(() => named(LOADER, { service: named(LOADER, {}) }).props()),
  'props: an instance of a class': ({ LOADER }) => failure(() => named(LOADER, { it: new (class Odd {})() }).props()),
  'get: an entrypoint that is not there': ({ LOADER }) =>
    failure(() =>
      LOADER.get('none', () => code(GREETER))
        .getEntrypoint('Nobody')
        .greet('x'),
    ),
  'get: a method that is not there': ({ LOADER }) =>
    failure(() =>
      LOADER.get('noMethod', () => code(GREETER))
        .getEntrypoint()
        .nothing(),
    ),
  'load: a worker of its own': async ({ LOADER }) => [
    await LOADER.load(code(COUNTER)).getEntrypoint().next(),
    await LOADER.load(code(COUNTER)).getEntrypoint().next(),
  ],
  'get: one worker for an id': async ({ LOADER }) => {
    const first = LOADER.get('same', () => code(COUNTER)).getEntrypoint();
    const second = LOADER.get('same', unexpected).getEntrypoint();
    return [await first.next(), await second.next(), await LOADER.get('same', unexpected).getEntrypoint().next()];
  },
  'get: still there in the next request': ({ LOADER }) => LOADER.get('same', unexpected).getEntrypoint().next(),
  'get: another loader has other workers': ({ OTHER }) =>
    OTHER.get('same', () => code(COUNTER))
      .getEntrypoint()
      .next(),
  'get: without an id always a new one': async ({ LOADER }) => [
    await LOADER.get(null, () => code(COUNTER))
      .getEntrypoint()
      .next(),
    await LOADER.get(undefined, () => code(COUNTER))
      .getEntrypoint()
      .next(),
  ],
  'get: an async callback': ({ LOADER }) =>
    LOADER.get('async', async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return code(GREETER);
    })
      .getEntrypoint()
      .greet('later'),
  'get: a callback that throws': ({ LOADER }) =>
    failure(() =>
      LOADER.get('throws', () => {
        throw new RangeError('no code');
      })
        .getEntrypoint()
        .greet('x'),
    ),
  'get: a callback that has thrown is asked again': async ({ LOADER }) =>
    LOADER.get('throws2', () => code(GREETER))
      .getEntrypoint()
      .greet('again'),
  'modules: of every type': async ({ LOADER }) => {
    const worker = LOADER.load({
      compatibilityDate: '2026-01-01',
      mainModule: 'main.js',
      modules: {
        'main.js': `import { WorkerEntrypoint } from 'cloudflare:workers'; import text from './text.txt'; import json from './lib/data.json'; import data from './data.bin'; import cjs from './lib.cjs';
          import { deep } from './lib/deep.js';
          export default class extends WorkerEntrypoint { all() { return [text, json, [...new Uint8Array(data)], cjs.greet('x'), deep]; } };`,
        'text.txt': { text: 'plain' },
        'lib/data.json': { json: { a: [1, null] } },
        'data.bin': { data: new Uint8Array([1, 2, 3]) },
        'lib.cjs': { cjs: 'module.exports = { greet: (name) => "cjs " + name };' },
        'lib/deep.js': { js: "import { top } from '../top.js'; export const deep = 'deep ' + top;" },
        'top.js': "export const top = 'top';",
      },
    });
    return worker.getEntrypoint().all();
  },
  'modules: CommonJS that require each other': ({ LOADER }) =>
    LOADER.load({
      compatibilityDate: '2026-01-01',
      mainModule: 'main.js',
      modules: {
        'main.js': `import { WorkerEntrypoint } from 'cloudflare:workers'; import all from './lib/a.cjs'; export default class extends WorkerEntrypoint { all() { return all(); } };`,
        'lib/a.cjs': {
          cjs: `const probe = (name) => { try { return require(name); } catch (error) { return String(error); } };
            exports.early = 'early'; const b = require('./b.cjs');
            module.exports = () => [b, './b.cjs', 'b.cjs', '/top.cjs', '../top.cjs', 'top.cjs', '../../x', './none.cjs', '__proto__', '', 'node:fs', './e.js', '../text.txt', './data.json', './throws.cjs', './throws.cjs']
              .map((name) => (typeof name === 'string' ? probe(name) : name)).concat(__filename, __dirname, Object.keys(module).sort(), typeof require('./e.js'));`,
        },
        'lib/b.cjs': { cjs: "module.exports = ['b', require('./a.cjs').early];" },
        'lib/throws.cjs': { cjs: "globalThis.times = (globalThis.times ?? 0) + 1; throw new RangeError('time ' + times);" },
        'lib/e.js': { js: "export default 'es';" },
        'lib/data.json': { json: { a: 1 } },
        'text.txt': { text: 'text' },
        'top.cjs': { cjs: "module.exports = 'top';" },
      },
    })
      .getEntrypoint()
      .all(),
  'modules: data in a resizable buffer, which is copied': async ({ LOADER }) => {
    const data = new ArrayBuffer(3, { maxByteLength: 6 });
    new Uint8Array(data).set([1, 2, 3]);
    const worker = LOADER.load({
      compatibilityDate: '2026-01-01',
      mainModule: 'main.js',
      modules: {
        'main.js': "import data from './a.bin'; export default { fetch() { return Response.json([...new Uint8Array(data)]); } };",
        'a.bin': { data },
      },
    });
    data.resize(0);
    return (await worker.getEntrypoint().fetch('http://x/')).json();
  },
  'modules: WebAssembly': ({ LOADER }) =>
    LOADER.load({
      compatibilityDate: '2026-01-01',
      mainModule: 'main.js',
      modules: {
        'main.js': `import { WorkerEntrypoint } from 'cloudflare:workers'; import module from './add.wasm'; export default class extends WorkerEntrypoint { async add(a, b) { return (await WebAssembly.instantiate(module)).exports.add(a, b); } };`,
        'add.wasm': {
          wasm: new Uint8Array([
            0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 7, 1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f, 3, 2, 1, 0, 7, 7, 1, 3, 0x61, 0x64, 0x64, 0, 0, 10, 9, 1, 7, 0, 0x20, 0,
            0x20, 1, 0x6a, 11,
          ]),
        },
      },
    })
      .getEntrypoint()
      .add(5, 7),
  'modules: in a circle': ({ LOADER }) =>
    LOADER.load({
      compatibilityDate: '2026-01-01',
      mainModule: 'a.js',
      modules: {
        'a.js':
          "import { WorkerEntrypoint } from 'cloudflare:workers'; import { b } from './b.js'; export const a = () => 'a'; export default class extends WorkerEntrypoint { both() { return a() + b(); } };",
        'b.js': "import { a } from './a.js'; export const b = () => 'b' + a();",
      },
    })
      .getEntrypoint()
      .both(),
  'modules: import() at run time': ({ LOADER }) =>
    LOADER.load({
      compatibilityDate: '2026-01-01',
      mainModule: 'a.js',
      modules: {
        'a.js':
          "import { WorkerEntrypoint } from 'cloudflare:workers'; export default class extends WorkerEntrypoint { async late() { return (await import('./b.js')).value; } };",
        'b.js': 'export const value = 42;',
      },
    })
      .getEntrypoint()
      .late(),
  'modules: none': ({ LOADER }) => failure(() => LOADER.load({ compatibilityDate: '2026-01-01', mainModule: 'a.js', modules: {} }).getEntrypoint().x()),
  'modules: without a type': ({ LOADER }) =>
    failure(() => LOADER.load({ compatibilityDate: '2026-01-01', mainModule: 'a.mjs', modules: { 'a.mjs': 'export default {}' } })),
  'modules: TypeScript': ({ LOADER }) =>
    failure(() => LOADER.load({ compatibilityDate: '2026-01-01', mainModule: 'a.ts', modules: { 'a.ts': 'export default {}' } })),
  'modules: of two types': ({ LOADER }) =>
    failure(() => LOADER.load({ compatibilityDate: '2026-01-01', mainModule: 'a.js', modules: { 'a.js': { js: '', text: '' } } })),
  'modules: of no type': ({ LOADER }) => failure(() => LOADER.load({ compatibilityDate: '2026-01-01', mainModule: 'a.js', modules: { 'a.js': {} } })),
  'modules: Python among JavaScript': ({ LOADER }) =>
    failure(() => LOADER.load({ compatibilityDate: '2026-01-01', mainModule: 'a.js', modules: { 'a.js': '', 'b.py': '' } })),
  'modules: JavaScript among Python': ({ LOADER }) =>
    failure(() => LOADER.load({ compatibilityDate: '2026-01-01', mainModule: 'b.py', modules: { 'a.js': '', 'b.py': '' } })),
  'code: no main module named': ({ LOADER }) => failure(() => LOADER.load({ compatibilityDate: '2026-01-01', modules: { 'a.js': '' } })),
  'code: no date': ({ LOADER }) => failure(() => LOADER.load({ mainModule: 'a.js', modules: { 'a.js': '' } })),
  'code: no modules': ({ LOADER }) => failure(() => LOADER.load({ compatibilityDate: '2026-01-01', mainModule: 'a.js' })),
  'code: too large': ({ LOADER }) =>
    failure(() =>
      LOADER.load(code(`/*${'x'.repeat(64 * 1024 * 1024)}*/`))
        .getEntrypoint()
        .x(),
    ),
  'code: that throws': ({ LOADER }) => failure(() => LOADER.load(code("throw new Error('at the start')")).getEntrypoint().x()),
  'code: a main module that is not there': ({ LOADER }) =>
    failure(() =>
      LOADER.load(code('', { mainModule: 'b.js' }))
        .getEntrypoint()
        .x(),
    ),
  'code: an import that is not there': ({ LOADER }) => failure(() => LOADER.load(code("import './nothing.js'; export default {}")).getEntrypoint().x()),
  'code: no JavaScript': ({ LOADER }) => failure(() => LOADER.load(code('export default {')).getEntrypoint().x()),
  'code: an unknown compatibility flag': ({ LOADER }) =>
    failure(() =>
      LOADER.load(code(GREETER, { compatibilityFlags: ['nonsense'] }))
        .getEntrypoint()
        .greet('x'),
    ),
  'code: no date at all': ({ LOADER }) =>
    failure(() =>
      LOADER.load(code(GREETER, { compatibilityDate: 'today' }))
        .getEntrypoint()
        .greet('x'),
    ),
  'code: allowExperimental': ({ LOADER }) => failure(() => LOADER.load(code(GREETER, { allowExperimental: true }))),
  'get: nothing as the code': ({ LOADER }) =>
    failure(() =>
      LOADER.get('nothing', () => undefined)
        .getEntrypoint()
        .x(),
    ),
  'get: nonsense as the code': ({ LOADER }) =>
    failure(() =>
      LOADER.get('nonsense', () => 'code')
        .getEntrypoint()
        .x(),
    ),
  'get: no callback': ({ LOADER }) => failure(() => LOADER.get('id')),
  'load: nothing': ({ LOADER }) => failure(() => LOADER.load()),
  'env: values': ({ LOADER }) =>
    LOADER.load(
      code(
        'export default { fetch() {} }; import { env, WorkerEntrypoint } from "cloudflare:workers"; export class A extends WorkerEntrypoint { b() { return [env.n, env.map.get(1), env.bytes.length, env.u === undefined]; } }',
        {
          env: { n: 1, map: new Map([[1, 'one']]), bytes: new Uint8Array(3), u: undefined },
        },
      ),
    )
      .getEntrypoint('A')
      .b(),
  'env: in fetch': async ({ LOADER }) =>
    (
      await LOADER.load(code('export default { fetch(request, env) { return Response.json(env); } }', { env: { a: 1, b: { c: ['d'] } } }))
        .getEntrypoint()
        .fetch('http://x/')
    ).json(),
  'env: a service': ({ LOADER }, ctx) =>
    LOADER.load(
      code('export default { async fetch(request, env) { return env.UP.fetch("http://up/answers%20others"); } }', { env: { UP: ctx.exports.default({}) } }),
    )
      .getEntrypoint()
      .fetch('http://x/')
      .then((response) => response.text()),
  'env: too much': ({ LOADER }) =>
    failure(
      async () => (
        await LOADER.load(code(GREETER, { env: { a: 'x'.repeat(2 * 1024 * 1024) } }))
          .getEntrypoint()
          .greet('x'),
        'done'
      ),
    ).then(({ name }) => name),
  'env: none of the one that loads': async ({ LOADER }) =>
    (await LOADER.load(code('export default { fetch(request, env) { return Response.json(Object.keys(env)); } }')).getEntrypoint().fetch('http://x/')).json(),
  'env: a function': ({ LOADER }) =>
    failure(
      async () => (
        await LOADER.load(code(GREETER, { env: { f() {} } }))
          .getEntrypoint()
          .greet('x'),
        'done'
      ),
    ).then(({ name }) => name),
  'env: a loader': ({ LOADER }) =>
    failure(() =>
      LOADER.load(code(GREETER, { env: { LOADER } }))
        .getEntrypoint()
        .greet('x'),
    ),
  'globalOutbound: null': ({ LOADER }) =>
    failure(() =>
      LOADER.load(code(FETCHER, { globalOutbound: null }))
        .getEntrypoint()
        .fetch('http://example.com/'),
    ),
  'globalOutbound: an entrypoint of ours': async ({ LOADER }, ctx) =>
    (
      await LOADER.load(code(FETCHER, { globalOutbound: ctx.exports.default({}) }))
        .getEntrypoint()
        .fetch('http://example.com/answers%20others')
    ).text(),
  'globalOutbound: nonsense': ({ LOADER }) => failure(() => LOADER.load(code(FETCHER, { globalOutbound: 1 }))),
  'tails: an entrypoint of ours, with props': async ({ LOADER }, ctx) => {
    const worker = LOADER.load(
      code("export default { fetch() { console.log('hello, tail'); console.warn('odd'); return new Response('done'); } }", {
        tails: [ctx.exports.default({ props: { word: 'first' } })],
      }),
    );
    const text = await (await worker.getEntrypoint().fetch('http://x/path')).text();
    const found = await tailedWith('first');
    return [text, found.length, found[0].outcome, found[0].logs.map(({ level, message }) => [level, message]), found[0].event.request.url];
  },
  'tails: hear values': (env, ctx) =>
    told(env, ctx, 'values', [
      "'a', { b: 1 }, [1, 'x', null], 1, true, null, undefined, NaN, -0, Infinity",
      "{ u: undefined, f() {}, s: Symbol('x'), d: new Date(0), m: new Map(), n: 1 / 0 }, [undefined, () => 1, Symbol('z')]",
      "new Plain(), new Map([[1, 2]]), Promise.resolve(1), new Date(0), new URL('http://a/b'), new Headers({ a: 'b' }), /x/g, new Uint8Array([1, 2]), new ArrayBuffer(2)",
      'Object.create(null), Object.assign(Object.create(null), { a: 1 }), Object.create({})',
      "new Number(1), new String('s'), new Boolean(false), Object(1n), 10n, () => 1, class Q {}, (function () { return arguments; })(1, 2), Math, JSON, console",
      '{ toJSON: () => undefined }, { toJSON: () => "undefined" }, { toJSON: 5 }, { toJSON: (k) => ({ k }) }, Object.assign(() => 1, { toJSON: () => "fn" })',
      `JSON.parse('{"__proto__":{"x":1},"constructor":2}'), '\\ud800', { k: '\\udfff' }`,
      "'%s %d', 'x', 5",
      "'%s'",
    ]),
  'tails: hear of values that throw': (env, ctx) =>
    told(env, ctx, 'throwing', [
      "Symbol('s'), Object(Symbol('s')), { b: 1n }, [1n], Object.create(Object.create(null))",
      '{ toJSON: throws }, { get a() { return throws(); } }, { get toJSON() { return throws(); } }, { toString: throws }',
      "Object.defineProperty(new Plain(), 'toJSON', { get: throws }), own(new Plain(), 'toString', throws)",
      '(() => { const it = {}; it.me = it; return it; })()',
      '(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()',
      'new Proxy({ a: 1 }, {}), new Proxy([1, 2], {}), new Proxy({}, { get: throws }), new Proxy({ a: 1 }, { getPrototypeOf: throws })',
      "{ toJSON() { console.log('nested'); return 1; } }",
    ]),
  'tails: hear of errors': (env, ctx) =>
    told(env, ctx, 'errors', [
      "'failed', new Error('e'), new TypeError('t'), 1",
      "Object.defineProperty(new Error('x'), 'message', { get: throws }), Object.assign(new TypeError('t'), { name: 5, stack: null })",
      "Object.assign(new Error('m'), { name: 'Custom', toJSON: () => ({ x: 1 }) }), new AggregateError([new Error('1')], 'agg'), Object.assign(new Error(), { stack: undefined })",
      "Object.create(new Error('q')), new DOMException('dm', 'AbortError')",
    ]),
  'tails: hear of exceptions': async ({ LOADER }, ctx) => {
    const worker = LOADER.load(
      code("export default { fetch() { throw new RangeError('far'); } }", { tails: [ctx.exports.default({ props: { word: 'second' } })] }),
    );
    await failure(() => worker.getEntrypoint().fetch('http://x/'));
    const [{ outcome, exceptions }] = await tailedWith('second');
    return [outcome, exceptions.map(({ name, message }) => [name, message])];
  },
  'tails: nonsense': async ({ LOADER }) => [
    (await failure(() => LOADER.load(code(FETCHER, { tails: 1 })))).name,
    (await failure(() => LOADER.load(code(FETCHER, { tails: [1] })))).name,
  ],
  'ctx.exports of a loaded worker are its own': ({ LOADER }) =>
    LOADER.load(
      code(
        `import { WorkerEntrypoint } from 'cloudflare:workers';
         export default class extends WorkerEntrypoint { async greet(name) { return (await this.ctx.exports.Alt.greet(name)) + '!'; } }
         export class Alt extends WorkerEntrypoint { greet(name) { return 'Hello, ' + name; } }`,
        { compatibilityFlags: ['enable_ctx_exports'] },
      ),
    )
      .getEntrypoint()
      .greet('Ada'),
  'an entrypoint cannot be passed on': ({ LOADER }) =>
    failure(async () => {
      const entrypoint = LOADER.load(code(GREETER)).getEntrypoint();
      return LOADER.load(code(GREETER, { env: { entrypoint } }))
        .getEntrypoint()
        .greet('x');
    }),
  'an error of the loaded worker': ({ LOADER }) =>
    failure(() => LOADER.load(code("export default class extends WorkerEntrypoint { fail() { throw new RangeError('as it is'); } }")).getEntrypoint().fail()),
  'a callback as an argument': ({ LOADER }) =>
    LOADER.load(code('export default { async twice(f) { return [await f(1), await f(2)]; } }'))
      .getEntrypoint()
      .twice((n) => n * 10),
};
