import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/chunks.ts';
import { Sync } from '../../../protocol/ops.ts';
import { attach } from '../../bridge.ts';
import { URL, isURL } from './url.ts';

let asked: unknown[][] = [];
attach(
  () => {},
  (op, _event, ...args) => {
    asked.push([op, ...args]);
    return args[0] === 'bücher.example' || args[0] === 'xn--bcher-kva.example' ? 'xn--bcher-kva.example' : null;
  },
);

const href = (input: unknown, base?: unknown): string => (base === undefined ? new URL(input).href : new URL(input, base).href);
const fails = (input: unknown, base?: unknown): void => {
  assert.throws(() => href(input, base), { name: 'TypeError', message: 'Invalid URL string.' });
};

test('new URL: the examples of the standard, without a base', () => {
  assert.equal(href('https://example.org'), 'https://example.org/');
  assert.equal(href('https://////example.com///'), 'https://example.com///');
  assert.equal(href('https://example.com/././foo'), 'https://example.com/foo');
  assert.equal(href('file:///C|/demo'), 'file:///C:/demo');
  assert.equal(href('file://loc%61lhost/'), 'file:///');
  assert.equal(href('https://user:password@example.org/'), 'https://user:password@example.org/');
  assert.equal(href('https://example.org/foo bar'), 'https://example.org/foo%20bar');
  assert.equal(href('https://EXAMPLE.com/../x'), 'https://example.com/x');
  for (const input of [
    'https://ex ample.org/',
    'example',
    'https://example.com:demo',
    'http://[www.example.com]/',
    'https://#fragment',
    'https://:443',
    'http://user:pass@/',
  ])
    fails(input);
});

test('new URL: the examples of the standard, with a base', () => {
  assert.equal(href('https:example.org', 'https://example.com/demo'), 'https://example.com/example.org');
  assert.equal(href('hello:world', 'https://example.com'), 'hello:world');
  assert.equal(href('https:example.org'), 'https://example.org/');
  assert.equal(href('\\example\\..\\demo/.\\', 'https://example.com'), 'https://example.com/demo/');
  assert.equal(href('example', 'https://example.com/demo'), 'https://example.com/example');
  assert.equal(href('file:///..', 'file:///c:/x'), 'file:///');
  assert.equal(href('..', 'file:///C:/demo'), 'file:///C:/');
  assert.equal(href('/', 'file:///C:/demo'), 'file:///C:/');
  assert.equal(href('..', 'file:///C:/'), 'file:///C:/');
  assert.equal(href('/D|/x', 'file://host/C:/demo'), 'file://host/D:/x');
  assert.equal(href('#s', 'mailto:x@y'), 'mailto:x@y#s');
  fails('x', 'mailto:x@y');
  fails('https://example.org', 'nonsense');
});

test('new URL: takes dot segments off the base, down to a drive letter', () => {
  assert.equal(href('a/./b/../../../c/..', 'http://h/x/y/z'), 'http://h/x/');
  assert.equal(href('../../../..', 'http://h/x/y/z'), 'http://h/');
  assert.equal(href('%2E%2e/a/.%2e/%2e', 'http://h/x/y/z'), 'http://h/x/');
  assert.equal(href('file:///C|/../..'), 'file:///C:/');
  assert.equal(href('file:///x/../C|/..'), 'file:///C:/');
  assert.equal(href('http://h/C|/..'), 'http://h/');
  const long = 'a'.repeat(100_000);
  assert.equal(href(`http://h/${long}/${'b/../'.repeat(50_000)}`), `http://h/${long}/`);
});

test('new URL: opaque paths, and paths that would look like a host', () => {
  assert.equal(href('data:text/plain,a b #c'), 'data:text/plain,a b%20#c');
  assert.equal(href('web+demo:/.//not-a-host/'), 'web+demo:/.//not-a-host/');
  assert.equal(new URL('web+demo:/.//not-a-host/').pathname, '//not-a-host/');
  assert.equal(href('non-special:opaque'), 'non-special:opaque');
});

test('new URL: IPv4 in all its notations', () => {
  for (const host of ['0x7f.1', '2130706433', '0177.0.0.1', '127.0.0.1.', '0x7f000001', '127.1']) assert.equal(href(`http://${host}/`), 'http://127.0.0.1/');
  for (const host of ['256.0.0.1', '1.2.3.4.5', '0x100000000', '1.2.3.08', 'a.0x', '1..2']) fails(`http://${host}/`);
});

test('new URL: IPv6, compressed and with an IPv4 tail', () => {
  assert.equal(new URL('http://[2001:db8:0:0:1:0:0:1]/').host, '[2001:db8::1:0:0:1]');
  assert.equal(new URL('http://[::ffff:192.168.0.1]/').host, '[::ffff:c0a8:1]');
  assert.equal(new URL('http://[1:0:0:0:0:0:0:0]:8080/').host, '[1::]:8080');
  for (const host of ['[::1', '[:::1]', '[1:2:3:4:5:6:7]', '[1::2::3]', '[::1.2.3]', '[::1.2.3.256]', '[12345::]', '[::%31]']) fails(`http://${host}/`);
});

test('new URL: asks the host for a name beyond ASCII, once', () => {
  asked = [];
  assert.equal(href('https://bücher.example/'), 'https://xn--bcher-kva.example/');
  assert.equal(href('https://b%C3%BCcher.example/x'), 'https://xn--bcher-kva.example/x');
  assert.equal(href('https://XN--bcher-kva.example/'), 'https://xn--bcher-kva.example/');
  assert.deepEqual(asked, [
    [Sync.domainToAscii, 'bücher.example', 0],
    [Sync.domainToAscii, 'xn--bcher-kva.example', 0],
  ]);
  fails('https://xn--/');
  fails(`https://${'ü'.repeat(2000)}/`);
});

test('origin: a tuple for http, https, ws, wss, ftp and what a blob URL holds', () => {
  assert.equal(new URL('wss://a:444/').origin, 'wss://a:444');
  assert.equal(new URL('blob:https://whatwg.org:443/d0360e2f').origin, 'https://whatwg.org');
  for (const input of ['blob:ftp://host/path', 'file:///x', 'data:,', 'foo://bar']) assert.equal(new URL(input).origin, 'null');
});

test('setters: change their part and leave the rest', () => {
  const url = new URL('https://example.com/a?b#c');
  url.protocol = 'http:foo';
  url.host = 'h:81';
  url.username = 'ü';
  url.password = ':';
  url.pathname = 'x y/../z?';
  url.search = 'é';
  url.hash = '';
  assert.equal(url.href, 'http://%C3%BC:%3A@h:81/z%3F?%C3%A9');
  url.port = '80x';
  url.hostname = 'other:90';
  assert.equal(url.host, 'h');
  url.protocol = 'mailto';
  assert.equal(url.protocol, 'http:');
});

test('setters: do nothing on an opaque path', () => {
  const url = new URL('mailto:a@b');
  url.host = 'x';
  url.pathname = '/y';
  url.port = '1';
  url.username = 'z';
  assert.equal(url.href, 'mailto:a@b');
});

test('setters: see a change made while their argument is converted', () => {
  const url = new URL('https://example.com/');
  url.hash = { toString: () => url.href && 'x' } as unknown as string;
  assert.equal(url.href, 'https://example.com/#x');
});

test('href: throws for an invalid URL and keeps the old one', () => {
  const url = new URL('https://example.com/?a=1');
  assert.equal(url.searchParams.get('a'), '1');
  assert.throws(() => (url.href = 'x'), TypeError);
  url.href = 'http://b/?a=2';
  assert.equal(url.searchParams.get('a'), '2');
});

test('searchParams: is one object, linked both ways', () => {
  const url = new URL('https://example.com/?a=~');
  const params = url.searchParams;
  assert.equal(url.searchParams, params);
  assert.equal(url.href, 'https://example.com/?a=~');
  params.append('b', ' ');
  assert.equal(url.search, '?a=%7E&b=+');
  url.search = '?c';
  assert.deepEqual([...params], [['c', '']]);
  params.delete('c');
  assert.equal(url.href, 'https://example.com/');
});

test('parse, canParse: answer without throwing', () => {
  assert.equal(URL.parse('x'), null);
  assert.equal(URL.parse('x', 'http://a')?.href, 'http://a/x');
  assert.equal(URL.canParse('x', 'http://a'), true);
  assert.equal(URL.canParse('http://a', 'x'), false);
  assert.throws(() => (URL.canParse as (...args: unknown[]) => void)(), TypeError);
});

test('URL: has the shape Web IDL asks for', () => {
  assert.equal(Object.prototype.toString.call(new URL('a:')), '[object URL]');
  assert.equal(URL.length, 1);
  assert.equal(JSON.stringify(new URL('http://a')), '"http://a/"');
  assert.equal(isURL(new URL('a:')), true);
  assert.equal(isURL(Object.create(URL.prototype)), false);
  assert.throws(() => Object.create(URL.prototype).href, TypeError);
  assert.throws(() => new (URL as never as new () => unknown)(), TypeError);
});
