import assert from 'node:assert/strict';
import { after, afterEach, beforeEach, describe, test } from 'node:test';
import './testing/chunks.ts';
import { NO_ERROR, Post } from '../../protocol/ops.ts';
import type { PromiseRejectionEvent } from './error-event.ts';
import { installGlobalHandlers } from './global-handlers.ts';
import { installGlobalTarget, tellRejection } from './global-target.ts';
import '../chunks/rejections.ts';
import { tellHandled } from './late-handlers.ts';
import { type FakeHost, fakeHost, turn } from './testing/fake-host.ts';

type Heard = (event: PromiseRejectionEvent) => void;
type Scope = { onunhandledrejection: Heard | null; onrejectionhandled: Heard | null; addEventListener(type: string, f: Heard): void };
const scope = {} as Scope;
installGlobalTarget(scope);
installGlobalHandlers(scope);
after(() => void Object.defineProperty(Promise.prototype, 'constructor', { value: Promise, writable: true, configurable: true, enumerable: false }));

let host: FakeHost;
let handled: PromiseRejectionEvent[];
beforeEach(() => {
  host = fakeHost();
  handled = [];
  scope.onrejectionhandled = (event) => void handled.push(event);
});
afterEach(() => {
  scope.onrejectionhandled = scope.onunhandledrejection = null;
});

const rejected = (reason: unknown): Promise<unknown> => Promise.reject(reason);
const tellOf = (reason: unknown): void => tellRejection(7, reason instanceof Error ? [reason.name, reason.message, reason.stack] : [reason]);
const asked = (): number => host.posts.filter((it) => it[0] === Post.rejectionHandled).length;

describe('rejectionhandled', () => {
  const ways: [string, (promise: Promise<unknown>) => unknown][] = [
    ['then', (promise) => promise.then(undefined, () => {})],
    ['catch', (promise) => promise.catch(() => {})],
    ['finally', (promise) => promise.finally(() => {}).catch(() => {})],
    ['Promise.all', (promise) => Promise.all([promise]).catch(() => {})],
    ['resolving another', (promise) => new Promise((resolve) => resolve(promise)).catch(() => {})],
    [
      'await',
      async (promise) => {
        try {
          await promise;
        } catch {}
      },
    ],
    [
      'for await',
      async (promise) => {
        try {
          for await (const _ of [promise]);
        } catch {}
      },
    ],
  ];
  for (const [name, handle] of ways) {
    test(`by ${name}`, async () => {
      const reason = new RangeError(name);
      const promise = rejected(reason);
      tellOf(reason);
      await handle(promise);
      await turn();
      assert.equal(asked(), 1);
      assert.equal(handled.length, 0, 'not in the turn itself');
      tellHandled(7);
      assert.deepEqual(
        [handled.length, handled[0]?.type, (handled[0] as unknown as Event | undefined)?.isTrusted, handled[0]?.cancelable],
        [1, 'rejectionhandled', true, false],
      );
      assert.equal(handled[0]?.promise, promise);
      assert.equal(handled[0]?.reason, reason);
      await handle(promise);
      await turn();
      assert.equal(asked(), 1, 'a promise only once');
    });
  }

  test('has the promise that unhandledrejection had, and the reason itself', async () => {
    const reason = Object.assign(new Error('coded'), { code: 'E_CODE' });
    const promise = rejected(reason);
    let told: object | undefined;
    scope.onunhandledrejection = (event) => {
      told = event.promise;
    };
    tellOf(reason);
    promise.catch(() => {});
    await turn();
    tellHandled(7);
    assert.equal(handled[0]?.promise, told);
    assert.equal(handled[0]?.reason, reason);
  });

  test('of a promise that stands for one', async () => {
    let told = Promise.resolve();
    scope.onunhandledrejection = (event) => {
      told = event.promise as Promise<void>;
    };
    tellOf('plain');
    told.catch(() => {});
    await turn();
    tellHandled(7);
    assert.equal(handled[0]?.promise, told);
    assert.equal(handled[0]?.reason, 'plain');
  });

  test('of primitives, and of objects that are no error', async () => {
    for (const reason of ['text', undefined, null, 0n, Number.NaN]) {
      const promise = rejected(reason);
      tellOf(reason);
      promise.catch(() => {});
      await turn();
    }
    const object = { some: 'object' };
    const promise = rejected(object);
    tellRejection(7, ['Error', NO_ERROR, `Error: ${NO_ERROR}`]);
    promise.catch(() => {});
    await turn();
    tellHandled(7);
    assert.deepEqual(
      handled.map((it) => it.reason),
      ['text', undefined, null, 0n, Number.NaN, object],
    );
  });

  test('not of what was told of and has no handler, nor of other promises', async () => {
    const reason = new Error('alone');
    tellOf(reason);
    rejected(new Error('alone')).catch(() => {});
    rejected('other').catch(() => {});
    Promise.resolve(reason).then(() => {});
    const pending = Promise.withResolvers();
    pending.promise.catch(() => {});
    await turn();
    pending.reject(reason);
    await turn();
    assert.equal(asked(), 0);
    rejected(reason).catch(() => {});
    await turn();
    assert.equal(asked(), 1);
    tellHandled(7);
  });

  test('not of what a listener of unhandledrejection handles', async () => {
    const reason = new Error('seen to');
    const promise = rejected(reason);
    scope.onunhandledrejection = (event) => void (event.promise as Promise<unknown>).catch(() => {});
    tellOf(reason);
    promise.catch(() => {});
    await turn();
    const other = new Error('seen to as well');
    const own = rejected(other);
    scope.onunhandledrejection = () => void own.catch(() => {});
    tellOf(other);
    await turn();
    rejected(other).catch(() => {});
    await turn();
    assert.equal(asked(), 0);
  });

  test('of as many as are kept', async () => {
    for (let i = 0; i < 40; i++) tellOf(`number ${i}`);
    for (let i = 0; i < 40; i++) rejected(`number ${i}`).catch(() => {});
    await turn();
    tellHandled(7);
    assert.deepEqual([handled.length, handled[0]?.reason, handled[31]?.reason], [32, 'number 8', 'number 39']);
  });
});

describe('Promise.prototype.constructor', () => {
  test('reads and is assigned as before', () => {
    const promise = Promise.resolve() as Promise<void> & { constructor: unknown };
    assert.equal(promise.constructor, Promise);
    assert.equal(Promise.prototype.constructor, Promise);
    assert.equal(Object.create(Promise.prototype).constructor, Promise);
    assert.deepEqual(Object.keys(Promise.prototype), []);
    class Own extends Promise<void> {}
    assert.equal(new Own(() => {}).constructor, Own);
    assert.ok(new Own(() => {}).then() instanceof Own);
    promise.constructor = Own;
    assert.deepEqual(Object.getOwnPropertyDescriptor(promise, 'constructor'), { value: Own, writable: true, enumerable: true, configurable: true });
    assert.throws(() => {
      (Object.freeze(Promise.resolve()) as { constructor: unknown }).constructor = Own;
    }, TypeError);
  });

  test('asks nothing of the app for what it looks at', async () => {
    tellOf('outstanding');
    let asked: string[] = [];
    const restore: (() => void)[] = [];
    const spy = (owner: object, key: PropertyKey): void => {
      const before = Object.getOwnPropertyDescriptor(owner, key) as PropertyDescriptor;
      const value = before.value as (...args: unknown[]) => unknown;
      const get = function (this: unknown): unknown {
        asked.push(String(key));
        return before.get === undefined ? value : Reflect.apply(before.get, this, []);
      };
      Object.defineProperty(owner, key, { get, configurable: true });
      restore.push(() => void Object.defineProperty(owner, key, before));
    };
    const { then } = Promise.prototype;
    const promise = rejected('else');
    spy(Promise, Symbol.species);
    spy(Promise, 'resolve');
    spy(Promise.prototype, 'then');
    for (const key of ['get', 'set', 'has']) spy(WeakMap.prototype, key);
    Reflect.apply(then, promise, [undefined, () => {}]);
    const byTheApp = asked;
    asked = [];
    for (const undo of restore) undo();
    assert.deepEqual(byTheApp, ['Symbol(Symbol.species)'], 'its own call asked once');
    rejected('outstanding').catch(() => {});
    await turn();
    tellHandled(7);
  });

  test('is patched like any other property', () => {
    const ours = Object.getOwnPropertyDescriptor(Promise.prototype, 'constructor') as PropertyDescriptor;
    (Promise.prototype as { constructor: unknown }).constructor = Object;
    assert.deepEqual(Object.getOwnPropertyDescriptor(Promise.prototype, 'constructor'), {
      value: Object,
      writable: true,
      enumerable: false,
      configurable: true,
    });
    Object.defineProperty(Promise.prototype, 'constructor', ours);
  });
});
