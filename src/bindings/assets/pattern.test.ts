import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowance, compilePattern, fillIn, globMatches } from './pattern.ts';

const match = (rule: string, text: string): Record<string, string> | undefined => {
  const found = compilePattern(rule)?.match(text, allowance());
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

test('pattern: rules share what one request may cost', () => {
  const pattern = compilePattern('/*x:a-:b/');
  const allowed = allowance();
  const whole = allowed.left;
  for (let rule = 0; rule < 200; rule++) assert.equal(pattern?.match(`/${'x'.repeat(16_000)}`, allowed), undefined);
  // One that is tried when nothing is left costs nothing; none costs more than its text a step.
  assert.ok(allowed.left > -whole, `${allowed.left}`);
  assert.equal(compilePattern('/*')?.match('/x', allowed), undefined);
  const ordinary = allowance();
  for (let rule = 0; rule < 200; rule++) assert.notEqual(compilePattern('/:a/*')?.match(`/a/${'x'.repeat(16_000)}`, ordinary), undefined);
  assert.ok(ordinary.left > whole / 4, `${ordinary.left}`);
});

const filled = (target: string, values: Record<string, string>): string | undefined => fillIn(target, new Map(Object.entries(values)), allowance());

test('fillIn: puts values in, none of which is a pattern or names another', () => {
  assert.equal(filled('/x/:a/:splat', { a: '$&', splat: 'b/c' }), '/x/$&/b/c');
  assert.equal(filled('/:missing', {}), '/:missing');
  assert.equal(filled(':a:b::a:', { a: ':b:c', b: ':c', c: '!' }), ':b:c:c::b:c:');
  assert.equal(filled('https://x/:ab', { a: '1', ab: '2' }), 'https://x/1b');
});

test('fillIn: gives up what would be too long', () => {
  const a = 'x'.repeat(16_000);
  assert.equal(filled(':a'.repeat(600), { a }), undefined);
  assert.equal(filled(':a'.repeat(100), { a })?.length, 1_600_000);
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
