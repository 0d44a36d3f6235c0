import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import './testing/chunks.ts';
import { Post } from '../../protocol/ops.ts';
import { positionIn } from './error-position.ts';
import { installGlobalHandlers } from './global-handlers.ts';
import { installGlobalTarget, reportRejection } from './global-target.ts';
import { reportError } from './report-error.ts';
import { type FakeHost, fakeHost } from './testing/fake-host.ts';

type Scope = { onerror: unknown; onunhandledrejection: unknown; onrejectionhandled: unknown };
const scope = {} as Scope;
installGlobalTarget(scope);
installGlobalHandlers(scope);

let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
  scope.onerror = scope.onunhandledrejection = null;
});
const reported = (): number => host.posts.filter((post) => post[0] === Post.uncaught).length;

describe('onerror', () => {
  test('is called with message, file, line, column and error', () => {
    const error = new TypeError('no');
    let given: unknown[] = [];
    scope.onerror = function (this: unknown, ...args: unknown[]) {
      assert.equal(this, scope);
      given = args;
    };
    reportError(error);
    assert.equal(given[0], 'Uncaught TypeError: no');
    assert.match(String(given[1]), /global-handlers\.test\.ts$/);
    assert.ok((given[2] as number) > 0 && (given[3] as number) > 0);
    assert.equal(given[4], error);
    assert.equal(reported(), 1, 'the host hears of it all the same');
  });
  test('takes the exception by returning true', () => {
    scope.onerror = () => true;
    reportError(new Error('x'));
    assert.equal(reported(), 0);
    scope.onerror = () => false;
    reportError(new Error('x'));
    assert.equal(reported(), 1);
  });
  test('may be set to an object, null or anything', () => {
    const object = {};
    scope.onerror = object;
    assert.equal(scope.onerror, object);
    for (const value of [null, undefined, 3, 'text']) {
      scope.onerror = value;
      assert.equal(scope.onerror, null);
    }
  });
  test('of something that is no error', () => {
    let given: unknown[] = [];
    scope.onerror = (...args: unknown[]) => {
      given = args;
    };
    reportError('text');
    assert.deepEqual(given, ['Uncaught text', '', 0, 0, 'text']);
  });
});

describe('onunhandledrejection', () => {
  test('takes the rejection by returning false', () => {
    const promise = Promise.resolve();
    let reason: unknown;
    scope.onunhandledrejection = (event: { promise: unknown; reason: unknown }) => {
      assert.equal(event.promise, promise);
      ({ reason } = event);
      return false;
    };
    reportRejection(promise, 'why');
    assert.equal(reason, 'why');
    assert.equal(reported(), 0);
  });
  test('the attributes are enumerable accessors of the global scope', () => {
    for (const name of ['onerror', 'onunhandledrejection', 'onrejectionhandled']) {
      const descriptor = Object.getOwnPropertyDescriptor(scope, name);
      assert.ok(descriptor?.get !== undefined && descriptor.enumerable);
      assert.throws(() => descriptor.get?.call({}), TypeError);
      assert.equal(descriptor.get.call(undefined), null);
    }
  });
});

test('positionIn: reads the first frame', () => {
  assert.deepEqual(positionIn('Error: x\n    at f (a.js:3:9)\n    at b.js:1:2'), { filename: 'a.js', lineno: 3, colno: 9 });
  assert.deepEqual(positionIn('Error: x\n    at https://h:80/a.js:3:9'), { filename: 'https://h:80/a.js', lineno: 3, colno: 9 });
  for (const stack of ['', 'Error: x', 'Error\n    at <anonymous>', 'Error\n    at f (native)']) {
    assert.deepEqual(positionIn(stack), { filename: '', lineno: 0, colno: 0 });
  }
});
