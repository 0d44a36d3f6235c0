import { RpcStub, RpcTarget, WorkerEntrypoint } from 'cloudflare:workers';

let disposals = 0;

class Counter extends RpcTarget {
  #count;
  own = 'an instance property';

  constructor(count) {
    super();
    this.#count = count;
  }

  increment(by = 1) {
    this.#count += by;
    return this.#count;
  }

  get value() {
    return this.#count;
  }

  fetch() {
    return 'fetch is nothing special here';
  }

  fail() {
    throw new Error('the counter failed');
  }

  get child() {
    return new Counter(this.#count * 100);
  }

  [Symbol.dispose]() {
    disposals++;
  }
}

class NoTarget {
  method() {}
}

let kept;

export default class extends WorkerEntrypoint {
  constructor(ctx, env) {
    super(ctx, env);
    this.instanceProperty = () => 'not to be called';
  }

  fetch() {
    return new Response('fetched');
  }

  callMethod(target, name) {
    return name === undefined ? target() : target[name]();
  }

  add(a, b) {
    return a + b;
  }
  echo(value) {
    return value;
  }
  kind(value) {
    return [Object.prototype.toString.call(value), typeof value, value?.constructor?.name];
  }
  count(...given) {
    return given.length;
  }
  nothing() {}
  async later() {
    await undefined;
    return 'later';
  }
  rejects() {
    return Promise.reject(new TypeError('rejected'));
  }
  throws(kind) {
    if (kind === 'several') throw new AggregateError([new Error('one')], 'all of them');
    if (kind === 'a function') throw (a) => a + 1;
    if (kind === 'a response') throw new Response('x');
    if (kind === 'an object') throw { a: 1 };
    if (kind === 'custom') {
      const error = new RangeError('custom');
      error.code = 42;
      error.cause = 'a cause';
      throw error;
    }
    if (kind === 'class') {
      class OwnError extends Error {
        name = 'OwnError';
      }
      throw new OwnError('of its own');
    }
    if (kind === 'text') throw 'a text';
    if (kind === 'object') throw { a: 1 };
    if (kind === 'dom') throw new DOMException('aborted', 'AbortError');
    throw new Error('thrown');
  }
  counter(count) {
    return new Counter(count);
  }
  counters() {
    return { one: new Counter(1), two: new Counter(2), plain: 3, list: [new Counter(4)] };
  }
  function() {
    const result = (a, b) => a * b;
    result.property = 'of a function';
    return result;
  }
  async call(callback, ...args) {
    return callback(...args);
  }
  async callTwice(callback) {
    return [await callback(1), await callback(2)];
  }
  async increment(counter, by) {
    return counter.increment(by);
  }
  passBack(stub) {
    return stub;
  }
  async keep(callback) {
    kept = callback.dup();
    await kept('kept');
    return 'kept';
  }
  async useKept() {
    return kept('from another event');
  }
  noTarget() {
    return { inner: new NoTarget() };
  }
  async disposed(callback) {
    return {
      async use() {
        return callback('after the call');
      },
    };
  }
  get property() {
    return { a: 1, deep: { er: () => 'deep' } };
  }
  get counterProperty() {
    return new Counter(10);
  }
  get promised() {
    return Promise.resolve('promised');
  }
  get throwing() {
    throw new Error('the getter threw');
  }
  stream() {
    return new ReadableStream({
      type: 'bytes',
      start(controller) {
        controller.enqueue(new TextEncoder().encode('streamed '));
        controller.enqueue(new TextEncoder().encode('text'));
        controller.close();
      },
    });
  }
  async read(stream) {
    return new Response(stream).text();
  }
  async write(stream) {
    const writer = stream.getWriter();
    await writer.write(new TextEncoder().encode('written '));
    await writer.write(new TextEncoder().encode('remotely'));
    await writer.close();
    return 'done';
  }
  async describeRequest(request) {
    return [request.method, request.url, [...request.headers], await request.text(), request instanceof Request];
  }
  async describeResponse(response) {
    return [response.status, response.statusText, [...response.headers], await response.text(), response instanceof Response];
  }
  headers(headers) {
    return new Headers([...headers, ['added', 'by the callee']]);
  }
  makeResponse() {
    return new Response('made by the callee', { status: 201, headers: { 'x-a': 'b' } });
  }
  stubOf() {
    return new RpcStub({ a: 1, method: () => 'of a plain object' });
  }
  withDisposer() {
    return {
      value: 5,
      [Symbol.dispose]() {
        disposals++;
      },
    };
  }
  disposals() {
    return disposals;
  }
  forgetDisposals() {
    disposals = 0;
  }
  never() {
    return new Promise(() => {});
  }
  waits() {
    this.ctx.waitUntil(Promise.resolve());
    return typeof this.ctx.waitUntil;
  }
  async ownExports() {
    const { exports } = this.ctx;
    return [Object.keys(exports).sort(), await exports.Named.props(), await exports.Named({ props: { own: true } }).props(), await exports.default.add(1, 2)];
  }
  async passOwnExport() {
    return this.ctx.exports.Named({ props: { passed: 'on' } });
  }
  alarm() {}
  _private() {
    return 'underscores mean nothing';
  }
  get(key) {
    return `get ${key}`;
  }
}

export class Named extends WorkerEntrypoint {
  props() {
    return this.ctx.props;
  }
}

export const plain = {
  one: (argument, env, ctx) => [argument, typeof env, typeof ctx.waitUntil],
  lone: (argument) => argument,
  four: (_a, _b, _env, _ctx) => 'never',
  value: 7,
};
