import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import '../testing/chunks.ts';
import { fakeHost } from '../testing/fake-host.ts';
import { URLPattern } from './url-pattern.ts';

fakeHost();

type Result = Record<'protocol' | 'hostname' | 'pathname' | 'search' | 'hash', { input: string; groups: Record<string, string | undefined> }> & {
  inputs: unknown[];
};
const exec = (pattern: URLPattern, ...inputs: unknown[]): Result | null => pattern.exec(...inputs) as Result | null;

describe('a pattern string', () => {
  test('names the segments of a path', () => {
    const pattern = new URLPattern('https://example.com/books/:id');
    assert.deepEqual(exec(pattern, 'https://example.com/books/42?a#b')?.pathname, { input: '/books/42', groups: { id: '42' } });
    assert.equal(pattern.test('https://example.com/books/42/pages'), false);
    assert.equal(pattern.test('https://example.com:8080/books/42'), false, 'no port is the default port');
  });
  test('leaves what follows its last component to wildcards', () => {
    const pattern = new URLPattern('https://example.com/a');
    assert.deepEqual(
      [pattern.protocol, pattern.hostname, pattern.port, pattern.pathname, pattern.search, pattern.hash],
      ['https', 'example.com', '', '/a', '*', '*'],
    );
  });
  test('makes components it passes over empty', () => {
    const pattern = new URLPattern('https://example.com/a#b');
    assert.equal(pattern.search, '');
  });
  test('takes a user name, a password, a port and an IPv6 address', () => {
    const pattern = new URLPattern('https://me\\:secret@[\\:\\:1]:8443/*');
    assert.deepEqual([pattern.username, pattern.password, pattern.hostname, pattern.port], ['me', 'secret', '[\\:\\:1]', '8443']);
    assert.ok(pattern.test('https://me:secret@[::1]:8443/x'));
  });
  test('is relative to a base URL', () => {
    const pattern = new URLPattern('../b/*', 'https://example.com/a/c/');
    assert.equal(pattern.pathname, '/a/b/*');
    assert.throws(() => new URLPattern('/a'), TypeError);
  });
  test('tells a modifier from the start of a search', () => {
    assert.equal(new URLPattern('https://example.com/a?b=*').search, 'b=*');
    assert.equal(new URLPattern('https://example.com/:a?').search, '*');
    assert.equal(new URLPattern('https://example.com/:a\\?b').search, 'b');
  });
  test('braces hide what would end a component', () => {
    assert.equal(new URLPattern('http{s}?://*.example.com/').protocol, 'http{s}?');
  });
});

describe('a dictionary', () => {
  test('makes missing components wildcards', () => {
    assert.equal(new URLPattern().test('wss://any.example:1/thing'), true);
    assert.equal(new URLPattern({ pathname: '/a' }).hostname, '*');
  });
  test('takes nothing from its base URL behind a component it gives', () => {
    const pattern = new URLPattern({ pathname: '/x', baseURL: 'https://example.com/a?b#c' });
    assert.deepEqual([pattern.hostname, pattern.pathname, pattern.search, pattern.hash], ['example.com', '/x', '*', '*']);
  });
  test('members are converted in lexicographical order', () => {
    const read: string[] = [];
    const init = new Proxy({}, { get: (_target, key) => void read.push(String(key)) });
    new URLPattern(init);
    assert.deepEqual(read, ['baseURL', 'hash', 'hostname', 'password', 'pathname', 'port', 'protocol', 'search', 'username']);
  });
  test('refuses a base URL beside it', () => {
    assert.throws(() => new URLPattern({ pathname: '/a' }, 'https://example.com'), TypeError);
    assert.throws(() => new URLPattern().test({}, 'https://example.com'), TypeError);
  });
  test('is not polluted by a patched Object.prototype', (context) => {
    Object.defineProperty(Object.prototype, 'pathname', { value: '/evil', configurable: true });
    context.after(() => Reflect.deleteProperty(Object.prototype, 'pathname'));
    // The member is read through the prototype chain, as Web IDL says; the results are own properties all the same.
    const result = new URLPattern({ hash: ':x' }).exec('https://example.com/evil#1');
    assert.ok(result !== null && Object.hasOwn(result, 'pathname'));
  });
});

describe('groups', () => {
  const pathname = (pattern: string, path: string): Record<string, string | undefined> | undefined =>
    exec(new URLPattern({ pathname: pattern }), { pathname: path })?.pathname.groups;
  test('optional, repeated and regular expressions', () => {
    assert.deepEqual(pathname('/a/:b?', '/a'), { b: undefined });
    assert.deepEqual(pathname('/a/:b+', '/a/1/2'), { b: '1/2' });
    assert.deepEqual(pathname('/a/:b*', '/a'), { b: undefined });
    assert.deepEqual(pathname('/:n(\\d+)', '/12'), { n: '12' });
    assert.equal(pathname('/:n(\\d+)', '/x'), undefined);
    assert.deepEqual(pathname('/(a|b)/*', '/b/c/d'), { 0: 'b', 1: 'c/d' });
    assert.deepEqual(pathname('*', '/x'), { 0: '/x' });
  });
  test('a group may be called __proto__', () => {
    const groups = pathname('/:__proto__', '/x');
    assert.ok(groups !== undefined && Object.hasOwn(groups, '__proto__'));
  });
  test('hasRegExpGroups', () => {
    assert.equal(new URLPattern({ pathname: '/:a' }).hasRegExpGroups, false);
    assert.equal(new URLPattern({ pathname: '/:a(b)' }).hasRegExpGroups, true);
    assert.equal(new URLPattern({ pathname: '/(.*)' }).hasRegExpGroups, false, 'it is a full wildcard');
  });
  for (const bad of ['/:a/:a', '(', '(?:a)', '((a))', '{a', 'a}', '/:', '(é)', '\\', '([)']) {
    test(`refuses ${bad}`, () => assert.throws(() => new URLPattern({ pathname: bad }), TypeError));
  }
});

describe('canonicalisation', () => {
  test('fixed text takes the form it has in a URL', () => {
    const pattern = new URLPattern({ protocol: 'HTTP', hostname: 'EXAMPLE.com', port: '80', pathname: '/a/../é', search: '?q=ü', hash: '#ñ' });
    assert.deepEqual(
      [pattern.protocol, pattern.hostname, pattern.port, pattern.pathname, pattern.search, pattern.hash],
      ['http', 'example.com', '80', '/%C3%A9', 'q=%C3%BC', '%C3%B1'],
    );
    assert.equal(new URLPattern({ protocol: 'http', port: '80' }).port, '', 'the default port of a special scheme');
  });
  test('the pathname of an unknown scheme is opaque', () => {
    assert.equal(new URLPattern({ protocol: 'data', pathname: 'foo é' }).pathname, 'foo %C3%A9');
  });
  test('values that are no URL do not match', () => {
    assert.equal(new URLPattern().test('not a url'), false);
    assert.equal(new URLPattern().test({ port: 'x' }), false);
    assert.equal(new URLPattern().exec('a', 'also not'), null);
  });
  test('refuses what cannot stand in its component', () => {
    for (const bad of [{ protocol: 'a b' }, { hostname: 'a<b' }, { port: 'x' }, { port: '65536' }, { hostname: '[g]' }])
      assert.throws(() => new URLPattern(bad), TypeError);
  });
  test('pattern strings read back as they are', () => {
    for (const pathname of ['/:a{b}', '/{:a}b', '/:a(\\d+)?', '/{x:a}?', '/a{/b}?', '{:a}:b', '/*/(.*)', '/{:a\\bc}', '/:a?', '/a\\:b']) {
      const once = new URLPattern({ pathname }).pathname;
      assert.equal(new URLPattern({ pathname: once }).pathname, once, pathname);
    }
  });
});

describe('options', () => {
  test('ignoreCase concerns pathname, search and hash', () => {
    const pattern = new URLPattern({ pathname: '/a', search: 'b' }, { ignoreCase: true });
    assert.equal(pattern.test('https://x.example/A?B'), true);
    assert.equal(new URLPattern('/a', 'https://example.com', { ignoreCase: true }).test('https://example.com/A'), true);
    assert.equal(new URLPattern({ pathname: '/a' }).test({ pathname: '/A' }), false);
  });
});

describe('Web IDL', () => {
  test('an object without the brand is refused', () => {
    const getter = Object.getOwnPropertyDescriptor(URLPattern.prototype, 'hash')?.get;
    assert.throws(() => getter?.call({}), TypeError);
    assert.throws(() => URLPattern.prototype.test.call({} as URLPattern, ''), TypeError);
  });
  test('members of a result stand in lexicographical order', () => {
    const result = new URLPattern().exec('https://example.com/', 'https://base.example') as Result;
    assert.deepEqual(Object.keys(result), ['hash', 'hostname', 'inputs', 'password', 'pathname', 'port', 'protocol', 'search', 'username']);
    assert.deepEqual(result.inputs, ['https://example.com/', 'https://base.example']);
    assert.equal(URLPattern.length, 0);
  });
});
