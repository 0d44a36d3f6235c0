import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern, fillIn, globMatches } from './pattern.ts';

const match = (rule: string, text: string): Record<string, string> | undefined => {
  const found = compilePattern(rule)?.match(text);
  return found && Object.fromEntries(found);
};

test('pattern: a splat takes as much as it can, a placeholder one segment', () => {
  assert.deepEqual(match('/a/*', '/a/b/c'), { splat: 'b/c' });
  assert.deepEqual(match('/a/*', '/a/'), { splat: '' });
  assert.equal(match('/a/*', '/a'), undefined);
  assert.deepEqual(match('/*/end', '/a/end/b/end'), { splat: 'a/end/b' });
  assert.deepEqual(match('/:year/:slug', '/2026/x'), { year: '2026', slug: 'x' });
  assert.equal(match('/:year/:slug', '/2026/x/y'), undefined);
  assert.equal(match('/:year', '/'), undefined);
  assert.deepEqual(match('/:name.html', '/a.b.html'), { name: 'a.b' });
  assert.deepEqual(match('/:a-:b', '/1-2-3'), { a: '1-2', b: '3' });
  assert.deepEqual(match('/:a:b', '/123'), { a: '12', b: '3' });
  assert.deepEqual(match('/plain', '/plain'), {});
  assert.equal(match('/plain', '/plain/'), undefined);
});

test('pattern: in the host a placeholder ends at a dot', () => {
  assert.deepEqual(match('https://:sub.example.com/*', 'https://www.example.com/x'), { sub: 'www', splat: 'x' });
  assert.equal(match('https://:sub.example.com/*', 'https://a.b.example.com/x'), undefined);
});

test('pattern: what names a value twice fits nothing', () => {
  assert.equal(compilePattern('/*/x/*'), undefined);
  assert.equal(compilePattern('/:a/:a'), undefined);
  assert.equal(compilePattern('/:splat/*'), undefined);
});

test('pattern: characters of regular expressions stand for themselves', () => {
  assert.deepEqual(match('/a.b+(c)[d]$^|?/*', '/a.b+(c)[d]$^|?/x'), { splat: 'x' });
  assert.equal(match('/a.b', '/aXb'), undefined);
});

test('pattern: gives up what would take long', () => {
  const names = Array.from({ length: 200 }, (_, i) => `:p${i}`);
  for (const rule of [`/${names.join('')}!`, `/${names.join('-')}!`, `/*${names.join('a')}!`]) {
    assert.equal(match(rule, `/${'a-'.repeat(8000)}`), undefined, rule.slice(0, 20));
  }
  assert.equal(globMatches('/*a'.repeat(33), `/${'a/'.repeat(8000)}!`), false);
});

test('fillIn: puts values in, none of which is a pattern', () => {
  assert.equal(
    fillIn(
      '/x/:a/:splat',
      new Map([
        ['a', '$&'],
        ['splat', 'b/c'],
      ]),
    ),
    '/x/$&/b/c',
  );
  assert.equal(fillIn('/:missing', new Map()), '/:missing');
});

test('globMatches: stars stand for anything, the rest for itself', () => {
  for (const [glob, path] of [
    ['/api/*', '/api/'],
    ['/api/*', '/api/a/b'],
    ['/*/x', '/a/b/x'],
    ['/a*b*c', '/a--b--c'],
    ['*', '/'],
    ['/a', '/a'],
    ['/a.b', '/a.b'],
  ])
    assert.ok(globMatches(String(glob), String(path)), `${glob} ${path}`);
  for (const [glob, path] of [
    ['/api/*', '/api'],
    ['/a*a', '/a'],
    ['/a.b', '/axb'],
    ['/a', '/a/'],
    ['/*/x', '/x'],
  ])
    assert.ok(!globMatches(String(glob), String(path)), `${glob} ${path}`);
});
