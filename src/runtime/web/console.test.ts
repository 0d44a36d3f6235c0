import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { LogLevel, Post } from '../../protocol/ops.ts';
import { attach } from '../bridge.ts';
import { setClock } from './clock.ts';
import { console } from './console.ts';

let lines: [number, string][] = [];
attach(
  (op, _event, level, text) => {
    assert.equal(op, Post.log);
    lines.push([level as number, text as string]);
  },
  () => undefined,
);
const take = (): [number, string][] => {
  const all = lines;
  lines = [];
  return all;
};
const texts = (): string[] => take().map(([, text]) => text);

test('log: joins its arguments, strings as they are, the rest inspected', () => {
  console.log('a', 1, { b: 'c' });
  console.log();
  assert.deepEqual(take(), [[LogLevel.log, "a 1 { b: 'c' }"]]);
});

test('log: format specifiers', () => {
  console.log('%s %d %i %f %o %O %c! 100%% %x', 's', '42', '42.9px', '1.5x', [1], { a: 1 }, 'color: red', 'rest');
  console.log('%d %s', Symbol('x'), Symbol('y'));
  console.log('%s and %s', 'one');
  console.log('%s');
  assert.deepEqual(texts(), ['s 42 42 1.5 [ 1 ] { a: 1 } ! 100% %x rest', 'NaN Symbol(y)', 'one and %s', '%s']);
});

test('levels: each method has its own', () => {
  console.debug(1);
  console.info(1);
  console.warn(1);
  console.error(1);
  console.assert(false, 'no %s', 'way');
  console.assert(true);
  assert.deepEqual(take(), [
    [LogLevel.debug, '1'],
    [LogLevel.info, '1'],
    [LogLevel.warn, '1'],
    [LogLevel.error, '1'],
    [LogLevel.error, 'Assertion failed: no way'],
  ]);
});

test('group: indents every line', () => {
  console.group('head');
  console.log('a\nb');
  console.groupEnd();
  console.groupEnd();
  console.log('c');
  assert.deepEqual(texts(), ['head', '  a\n  b', 'c']);
});

test('count and time: by label', () => {
  let now = 1000;
  setClock(() => now);
  console.count();
  console.count('x');
  console.count();
  console.countReset();
  console.countReset();
  console.time();
  now += 12.5;
  console.timeLog('default', 'so far');
  now += 2000;
  console.timeEnd();
  console.timeEnd();
  assert.deepEqual(texts(), [
    'default: 1',
    'x: 1',
    'default: 2',
    "Count for 'default' does not exist",
    'default: 12.5ms so far',
    'default: 2.013s',
    "Timer 'default' does not exist",
  ]);
});

test('table: columns of all rows, then plain values', () => {
  console.table([{ a: 1 }, { b: 'x' }, 5]);
  assert.equal(
    texts()[0],
    [
      '┌─────────┬───┬─────┬────────┐',
      '│ (index) │ a │ b   │ Values │',
      '├─────────┼───┼─────┼────────┤',
      '│ 0       │ 1 │     │        │',
      "│ 1       │   │ 'x' │        │",
      '│ 2       │   │     │ 5      │',
      '└─────────┴───┴─────┴────────┘',
    ].join('\n'),
  );
});

test('output: bounded and marked', () => {
  console.log('y'.repeat(100_000));
  console.log(...new Array(50).fill('z'.repeat(10_000)));
  for (const text of texts()) {
    assert.equal(text.length, 65_536);
    assert.ok(text.endsWith('… truncated'));
  }
});

test('console: a namespace object', () => {
  assert.equal(Object.prototype.toString.call(console), '[object console]');
  assert.deepEqual(Reflect.ownKeys(Object.getPrototypeOf(console)), []);
  const { log } = console;
  log('free');
  assert.deepEqual(texts(), ['free']);
});
