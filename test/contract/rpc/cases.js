const failure = async (promise) => {
  try {
    return { value: await promise };
  } catch (error) {
    return {
      name: error?.name,
      message: error?.message ?? error,
      remote: error?.remote,
      code: error?.name === 'RangeError' ? error.code : undefined,
      cause: error?.cause,
    };
  }
};

export const cases = {
  'call: arguments and result': ({ CALLEE }) => CALLEE.add(1, 2),
  'call: no arguments': ({ CALLEE }) => CALLEE.count(),
  'call: undefined is an argument': ({ CALLEE }) => CALLEE.count(undefined, 1),
  'call: no result': async ({ CALLEE }) => (await CALLEE.nothing()) === undefined,
  'call: a promise': ({ CALLEE }) => CALLEE.later(),
  'call: text that is not ASCII': ({ CALLEE }) => CALLEE.echo('äöü 😀 \ud800 \u0000'),
  'call: a method taken off its object': async ({ CALLEE }) => {
    const { add } = CALLEE;
    return add(3, 4);
  },
  'call: a method called get': ({ CALLEE }) => CALLEE.get('x'),
  'call: waitUntil': ({ CALLEE }) => CALLEE.waits(),
  'call: a leading underscore': ({ CALLEE }) => CALLEE._private(),
  'call: many at once': ({ CALLEE }) => Promise.all(Array.from({ length: 30 }, (_, i) => CALLEE.add(i, 1))),
  'values: what arrives': async ({ CALLEE }) => {
    const values = [
      undefined,
      null,
      true,
      -0,
      NaN,
      1n,
      'x',
      new Date(0),
      /a/g,
      new Map([[1, 2]]),
      new Set([1]),
      new Uint8Array([1]),
      new ArrayBuffer(2),
      new Error('e'),
      [1],
      { a: 1 },
      Object(1),
    ];
    return Promise.all(values.map((value) => CALLEE.kind(value)));
  },
  'values: and what comes back': async ({ CALLEE }) => {
    const back = await CALLEE.echo({
      date: new Date(5),
      map: new Map([['a', { b: 1 }]]),
      set: new Set([1, 2]),
      bytes: new Uint8Array([1, 2]),
      big: 12n,
      nan: NaN,
      zero: -0,
      none: undefined,
    });
    return [
      back.date.getTime(),
      [...back.map],
      [...back.set],
      [...back.bytes],
      String(back.big),
      Number.isNaN(back.nan),
      Object.is(back.zero, -0),
      'none' in back,
    ];
  },
  'values: shared and cyclic references': async ({ CALLEE }) => {
    const shared = {};
    const cyclic = { a: shared, b: shared };
    cyclic.self = cyclic;
    const back = await CALLEE.echo(cyclic);
    return [back.a === back.b, back.self === back];
  },
  'values: an error': async ({ CALLEE }) => {
    const back = await CALLEE.echo(new RangeError('as a value'));
    return [back instanceof RangeError, back.message];
  },
  'values: a __proto__ key': async ({ CALLEE }) => {
    const back = await CALLEE.echo(JSON.parse('{"__proto__":{"polluted":true},"a":1}'));
    return [back.polluted === undefined, back.a];
  },
  'values: a symbol': ({ CALLEE }) => failure(CALLEE.echo(Symbol('s'))),
  'values: an instance of a class': ({ CALLEE }) => {
    class Own {
      a = 1;
    }
    return failure(CALLEE.echo(new Own()));
  },
  'values: an instance of a class comes back': ({ CALLEE }) => failure(CALLEE.noTarget()),
  'values: 33 MiB': async ({ CALLEE }) => {
    const { name, message } = await failure(CALLEE.echo(new Uint8Array(33 * 1024 * 1024)));
    return [name, message.replace(/\d{8}/, 'so many')];
  },
  'values: a disposer on an object that comes back': async ({ CALLEE }) => {
    const back = await CALLEE.echo({ a: 1 });
    const descriptor = Object.getOwnPropertyDescriptor(back, Symbol.dispose);
    return [typeof descriptor.value, descriptor.enumerable, JSON.stringify(back)];
  },
  'functions: given, called': ({ CALLEE }) => CALLEE.call((a, b) => a + b, 1, 2),
  'functions: called more than once': async ({ CALLEE }) => {
    let sum = 0;
    return CALLEE.callTwice((value) => (sum += value));
  },
  'functions: async': ({ CALLEE }) =>
    CALLEE.call(async (a) => {
      await undefined;
      return a;
    }, 'x'),
  'functions: that throw': ({ CALLEE }) =>
    failure(
      CALLEE.call(() => {
        throw new RangeError('thrown by the caller');
      }),
    ),
  'functions: that call back again': ({ CALLEE }) => CALLEE.call(async (a) => (await CALLEE.add(a, 1)) * 10, 4),
  'functions: returned': async ({ CALLEE }) => {
    const f = await CALLEE.function();
    return [await f(6, 7), await f.property, typeof f, await failure(f.missing())];
  },
  'functions: in what is returned to': ({ CALLEE }) => CALLEE.call((f) => f, 1),
  'stubs: methods and properties': async ({ CALLEE }) => {
    const counter = await CALLEE.counter(5);
    return [
      await counter.increment(),
      await counter.increment(10),
      await counter.value,
      await counter.fetch('x'),
      Object.prototype.toString.call(counter),
      typeof counter,
    ];
  },
  'stubs: what cannot be reached': async ({ CALLEE }) => {
    const counter = await CALLEE.counter(5);
    return await Promise.all([
      failure(counter.own),
      failure(counter.missing()),
      failure(counter.toString2()),
      failure(counter.constructor2),
      failure(counter()),
      failure(counter.value()),
    ]);
  },
  'stubs: an exception': async ({ CALLEE }) => {
    const counter = await CALLEE.counter(5);
    return failure(counter.fail());
  },
  'stubs: in an object': async ({ CALLEE }) => {
    const all = await CALLEE.counters();
    return [await all.one.increment(), await all.two.increment(), all.plain, await all.list[0].increment()];
  },
  'stubs: dup': async ({ CALLEE }) => {
    const counter = await CALLEE.counter(1);
    const dup = counter.dup();
    counter[Symbol.dispose]();
    return [await dup.increment(), await failure(counter.increment())];
  },
  'stubs: given back': async ({ CALLEE }) => {
    const counter = await CALLEE.counter(1);
    const same = await CALLEE.passBack(counter);
    return [await same.increment(), await counter.increment()];
  },
  'stubs: given to the one whose they are': async ({ CALLEE }) => {
    const counter = await CALLEE.counter(1);
    return [await CALLEE.increment(counter, 4), await counter.value];
  },
  'stubs: the end of the caller is the end of its stubs': async ({ CALLEE }) => {
    await CALLEE.forgetDisposals();
    await CALLEE.counter(1);
    await CALLEE.counters();
    return (await CALLEE.withDisposer()).value;
  },
  'stubs: disposers have run once each': async ({ CALLEE }) => {
    for (let i = 0; i < 100 && (await CALLEE.disposals()) < 5; i++) await new Promise((resolve) => setTimeout(resolve, 5));
    return CALLEE.disposals();
  },
  'stubs: arguments are disposed of after the call': async ({ CALLEE }) => {
    const result = await CALLEE.disposed((text) => text);
    return failure(result.use());
  },
  'stubs: kept with dup, used in the same event': ({ CALLEE }) => failure(CALLEE.keep((text) => text)),
  'stubs: a target of the caller': async ({ CALLEE }, _ctx, _request, { RpcTarget }) => {
    class Mine extends RpcTarget {
      increment(by) {
        return `mine by ${by}`;
      }
    }
    return CALLEE.increment(new Mine(), 3);
  },
  'stubs: RpcStub of a plain object': async ({ CALLEE }) => {
    const stub = await CALLEE.stubOf();
    return [await stub.a, await stub.method(), await failure(stub.other)];
  },
  'stubs: RpcStub of the caller itself': async (_env, _ctx, _request, { RpcStub }) => {
    const stub = new RpcStub({ a: { b: 2 }, add: (x, y) => x + y });
    return [await stub.a.b, await stub.add(1, 2), await failure(stub.missing())];
  },
  'stubs: RpcStub of anything else': async (_env, _ctx, _request, { RpcStub }) => [
    await failure((async () => new RpcStub(5))()),
    await failure((async () => new RpcStub(new Map()))()),
  ],
  'properties: awaited': async ({ CALLEE }) => {
    const value = await CALLEE.property;
    return [value.a, await CALLEE.promised];
  },
  'properties: deep': async ({ CALLEE }) => [await CALLEE.property.a, await CALLEE.property.deep.er()],
  'properties: a getter that throws': ({ CALLEE }) => failure(CALLEE.throwing),
  'properties: of the instance': ({ CALLEE }) => failure(CALLEE.instanceProperty()),
  'properties: not a function': ({ CALLEE }) => failure(CALLEE.property()),
  'properties: then, catch and finally': async ({ CALLEE }) => [
    await CALLEE.promised.then((value) => `${value}!`),
    await CALLEE.throwing.catch((error) => error.message),
    await CALLEE.promised.finally(() => undefined),
  ],
  'pipelining: on a stub': ({ CALLEE }) => CALLEE.counter(7).increment(3),
  'pipelining: further': ({ CALLEE }) => CALLEE.counter(7).child.increment(3),
  'pipelining: through a property': ({ CALLEE }) => CALLEE.counterProperty.increment(1),
  'pipelining: into an object': async ({ CALLEE }) => [await CALLEE.counters().two.increment(2), await CALLEE.counters().plain],
  'pipelining: what is not there': ({ CALLEE }) => failure(CALLEE.counter(1).missing()),
  'pipelining: on a value': ({ CALLEE }) => failure(CALLEE.add(1, 2).foo()),
  'pipelining: on a failure': ({ CALLEE }) => failure(CALLEE.throws().foo()),
  'pipelining: calling the result': ({ CALLEE }) => CALLEE.function()(3, 4),
  'missing: a method': ({ CALLEE }) => failure(CALLEE.missing()),
  'missing: of every object': ({ CALLEE }) => Promise.all([failure(CALLEE.hasOwnProperty2()), failure(CALLEE.__proto2__)]),
  'reserved: dup, connect, alarm, webSocketMessage': ({ CALLEE }) =>
    Promise.all([failure(CALLEE.dup()), failure(CALLEE.alarm()), failure(CALLEE.webSocketMessage()), failure(CALLEE.webSocketClose())]),
  'errors: thrown': ({ CALLEE }) => failure(CALLEE.throws()),
  'errors: rejected': ({ CALLEE }) => failure(CALLEE.rejects()),
  'errors: with properties': ({ CALLEE }) => failure(CALLEE.throws('custom')),
  'errors: of a class of its own': ({ CALLEE }) => failure(CALLEE.throws('class')),
  'errors: a text': ({ CALLEE }) => failure(CALLEE.throws('text')),
  'errors: an object': ({ CALLEE }) => failure(CALLEE.throws('object')),
  'errors: a DOMException': ({ CALLEE }) => failure(CALLEE.throws('dom')),
  'errors: never': async ({ CALLEE }) => (await failure(CALLEE.never())).message,
  'streams: returned': async ({ CALLEE }) => new Response(await CALLEE.stream()).text(),
  'streams: given': ({ CALLEE }) => CALLEE.read(new Response('given as a stream').body),
  'streams: there and back': async ({ CALLEE }) => new Response(await CALLEE.passBack(new Response('there and back').body)).text(),
  'streams: given, and broken off': async ({ CALLEE }) => {
    const { readable, writable } = new IdentityTransformStream();
    const answer = failure(CALLEE.read(readable));
    const writer = writable.getWriter();
    await writer.write(new TextEncoder().encode('the beginning'));
    await writer.abort(new Error('no more'));
    return answer;
  },
  'streams: writable': async ({ CALLEE }) => {
    const { readable, writable } = new IdentityTransformStream();
    const [text, done] = await Promise.all([new Response(readable).text(), CALLEE.write(writable)]);
    return [text, done];
  },
  'arguments: a target with dup() is duplicated': async ({ CALLEE }, _ctx, _request, { RpcTarget }) => {
    let [dups, disposals] = [0, 0];
    class Dupable extends RpcTarget {
      isCopy = false;
      dup() {
        dups++;
        const copy = new Dupable();
        copy.isCopy = true;
        return copy;
      }
      which() {
        return this.isCopy ? 'the copy' : 'the original';
      }
      [Symbol.dispose]() {
        disposals++;
      }
    }
    const target = new Dupable();
    const said = await CALLEE.callMethod(target, 'which');
    await scheduler.wait(20);
    return [said, dups, disposals];
  },
  'arguments: a function with dup() is duplicated': async ({ CALLEE }) => {
    const f = () => 'the original';
    f.dup = () => () => 'the copy';
    return CALLEE.callMethod(f);
  },
  'arguments: a dup() that makes something else': async ({ CALLEE }, _ctx, _request, { RpcTarget }) => {
    const f = () => 1;
    f.dup = () => 5;
    class Odd extends RpcTarget {
      dup() {
        return {};
      }
    }
    return [await failure(CALLEE.callMethod(f)), await failure(CALLEE.callMethod(new Odd(), 'x'))];
  },
  'objects: Request': ({ CALLEE }) => CALLEE.describeRequest(new Request('http://x/y', { method: 'POST', body: 'the body', headers: { a: 'b' } })),
  'objects: Response': ({ CALLEE }) => CALLEE.describeResponse(new Response('the body', { status: 203, headers: { a: 'b' } })),
  'objects: Response returned': async ({ CALLEE }) => {
    const response = await CALLEE.makeResponse();
    return [response.status, response.headers.get('x-a'), await response.text()];
  },
  'objects: Headers': async ({ CALLEE }) => [...(await CALLEE.headers(new Headers({ a: 'b' })))],
  'services: given as an argument': async ({ CALLEE, NAMED }) => {
    const same = await CALLEE.passBack(NAMED);
    return same.props();
  },
  'entrypoint: a named one, with props': ({ NAMED }) => NAMED.props(),
  'services: an entrypoint of the callee, passed to the caller': async ({ CALLEE }) => (await CALLEE.passOwnExport()).props(),
  'entrypoint: ctx.exports': ({ CALLEE }) => CALLEE.ownExports(),
  'entrypoint: fetch is a request': async ({ CALLEE }) => (await CALLEE.fetch('http://x/')).text(),
  'plain object: one argument, env and ctx': ({ PLAIN }) => PLAIN.one('x'),
  'plain object: without env and ctx': ({ PLAIN }) => PLAIN.lone('x'),
  'plain object: too many parameters': ({ PLAIN }) => failure(PLAIN.four('x')),
  'plain object: too many arguments': ({ PLAIN }) => failure(PLAIN.one('x', 'y')),
  'plain object: no argument': ({ PLAIN }) => failure(PLAIN.one()),
  'plain object: a value': async ({ PLAIN }) => PLAIN.value,
  'promise: what it looks like': async ({ CALLEE }) => {
    const promise = CALLEE.add(1, 2);
    const looks = [
      typeof promise,
      Object.prototype.toString.call(promise),
      promise instanceof Promise,
      typeof CALLEE.add,
      Object.prototype.toString.call(CALLEE.add),
    ];
    await promise;
    return looks;
  },
  'promise: cannot be given': async ({ CALLEE }) => {
    const result = await failure(CALLEE.echo(CALLEE.add(1, 2)));
    return [result.name, result.message];
  },
  'stubs: what an app puts on them is theirs': async ({ CALLEE }) => {
    const seen = [];
    const stub = await CALLEE.counter();
    for (const object of [CALLEE, stub, CALLEE.counter(), CALLEE.add]) {
      seen.push('mine' in object, Object.keys(object));
      object.mine = 1;
      Object.defineProperty(object, 'hidden', { value: 2 });
      object.add = () => 'local';
      seen.push(object.mine, object.hidden, object.add(), Object.keys(object), 'mine' in object, { ...object }.mine, Reflect.set(object, 'hidden', 3));
      delete object.mine;
      delete object.add;
      seen.push(typeof object.mine, typeof object.add, Object.keys(object), Reflect.deleteProperty(object, 'nothing'));
    }
    return seen;
  },
  'stubs: every name is in them, and no number': async ({ CALLEE }) => {
    const stub = await CALLEE.counter();
    return [CALLEE, stub, CALLEE.counter(), CALLEE.add].map((object) => [
      'nothing' in object,
      0 in object,
      typeof object[0],
      typeof object['01'],
      typeof object[-1],
    ]);
  },
  'stubs: cannot be frozen': async ({ CALLEE }) => {
    const stub = await CALLEE.counter();
    return [await failure((async () => Object.preventExtensions(CALLEE))()), await failure((async () => Object.preventExtensions(stub))())];
  },
  'stubs: as JSON': async ({ CALLEE }) => JSON.stringify({ stub: await CALLEE.counter(), CALLEE, promise: CALLEE.counter(), property: CALLEE.add }),
  'errors: several in one': ({ CALLEE }) => failure(CALLEE.throws('several')),
  'errors: what is no error': async ({ CALLEE }) => Promise.all(['a function', 'a response', 'an object'].map((what) => failure(CALLEE.throws(what)))),
  'values: what V8 does not copy': async ({ CALLEE }) => {
    const values = [Promise.resolve(), new WeakMap(), (function* () {})(), [].values(), Object.create(null), { deep: Object.create(null) }];
    return Promise.all(values.map((value) => failure(CALLEE.echo(value))));
  },
  'pipelining: into arrays': async ({ CALLEE }) => [typeof CALLEE.echo([1, 2])[1], await failure(CALLEE.echo([1, 2]).length)],
};
