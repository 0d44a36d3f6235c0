import assert from 'node:assert/strict';
import test from 'node:test';
import { createRouteTable, type RoutedApp, type RouteTable } from './table.ts';

function app(name: string, ...patterns: string[]): RoutedApp {
  return { name, routes: patterns.map((pattern) => ({ pattern })) };
}

function find(table: RouteTable, url: string): string | undefined {
  const slash = url.indexOf('/');
  return table.match(url.slice(0, slash), url.slice(slash));
}

test('match: <app>.localhost is always the app', () => {
  const table = createRouteTable([{ name: 'hello' }, app('other', '*/*', '*.localhost/*', 'hello.localhost/*')]);
  assert.equal(find(table, 'hello.localhost/x'), 'hello');
  assert.equal(find(table, 'stranger.localhost/x'), 'other');
  assert.deepEqual(
    table.conflicts.map(({ pattern, kept, refused }) => [pattern, kept, refused]),
    [['hello.localhost/*', 'hello', 'other']],
  );
});

test('match: unknown hosts and paths belong to nobody', () => {
  const table = createRouteTable([app('a', 'example.com/api/*')]);
  for (const url of ['example.com/', 'example.com/apix', 'www.example.com/api/', 'localhost/', 'a.b.localhost/', 'constructor/', '__proto__/'])
    assert.equal(find(table, url), undefined, url);
});

test('match: wildcards of hosts match at dots', () => {
  const table = createRouteTable([app('below', '*.below.com/*'), app('all', '*all.com/*')]);
  assert.equal(find(table, 'x.below.com/'), 'below');
  assert.equal(find(table, 'x.y.below.com/'), 'below');
  assert.equal(find(table, 'below.com/'), undefined);
  assert.equal(find(table, 'all.com/'), 'all');
  assert.equal(find(table, 'x.all.com/'), 'all');
  assert.equal(find(table, 'notall.com/'), undefined);
});

test('match: the more specific host wins, then the more specific path', () => {
  const table = createRouteTable([
    app('any', '*/*'),
    app('com', '*.example.com/a'),
    app('host', 'a.example.com/*'),
    app('deep', '*.b.example.com/*'),
    app('self', '*example.com/*'),
    app('api', 'a.example.com/api/*'),
    app('exact', 'a.example.com/api/x'),
    app('image', 'a.example.com/images*'),
    app('images', 'a.example.com/images/*'),
  ]);
  assert.equal(find(table, 'a.example.com/a'), 'host');
  assert.equal(find(table, 'c.example.com/a'), 'com');
  assert.equal(find(table, 'c.example.com/b'), 'self');
  assert.equal(find(table, 'x.b.example.com/a'), 'deep');
  assert.equal(find(table, 'example.com/'), 'self');
  assert.equal(find(table, 'else.org/'), 'any');
  assert.equal(find(table, 'a.example.com/api/y'), 'api');
  assert.equal(find(table, 'a.example.com/api/x'), 'exact');
  assert.equal(find(table, 'a.example.com/images'), 'image');
  assert.equal(find(table, 'a.example.com/images/x'), 'images');
});

test('match: paths are compared with their query and their case', () => {
  const table = createRouteTable([app('exact', 'a.com/cat'), app('prefix', 'b.com/cat*')]);
  assert.equal(find(table, 'a.com/cat'), 'exact');
  assert.equal(find(table, 'a.com/cat?x=1'), undefined);
  assert.equal(find(table, 'a.com/Cat'), undefined);
  assert.equal(find(table, 'b.com/cat?x=1'), 'prefix');
});

test('match: a scheme narrows a route, where the scheme of the request is known', () => {
  const table = createRouteTable([app('tls', 'https://a.com/*'), app('plain', 'a.com/*')]);
  assert.equal(table.match('a.com', '/', 'https'), 'tls');
  assert.equal(table.match('a.com', '/', 'http'), 'plain');
  assert.equal(table.match('a.com', '/'), 'tls');
});

test('match: custom domains have what no route of the host takes', () => {
  const table = createRouteTable([
    { name: 'shop', routes: [{ pattern: 'Shop.com', customDomain: true }] },
    { name: 'hosted', hosts: ['hosted.com'] },
    app('api', 'shop.com/api/*', '*.com/*'),
  ]);
  assert.equal(find(table, 'shop.com/'), 'shop');
  assert.equal(find(table, 'shop.com/api/'), 'api');
  assert.equal(find(table, 'hosted.com/'), 'hosted');
});

test('conflicts: name both apps, and the first by name keeps the route', () => {
  const table = createRouteTable([
    app('b', 'a.com/*'),
    app('a', 'a.com/*', 'a.com/*'),
    { name: 'c', hosts: ['x.com'] },
    { name: 'd', routes: [{ pattern: 'x.com', customDomain: true }] },
  ]);
  assert.equal(find(table, 'a.com/'), 'a');
  assert.deepEqual(
    table.conflicts.map(({ pattern, kept, refused }) => [pattern, kept, refused]),
    [
      ['x.com', 'c', 'd'],
      ['a.com/*', 'a', 'b'],
    ].sort((x, y) => String(x[2]).localeCompare(String(y[2]))),
  );
  assert.match(table.conflicts[0]?.message ?? '', /The apps "a" and "b" both claim "a\.com\/\*": "a" has it/);
});

test('conflicts: malformed routes and doubled names are reported and harm nobody', () => {
  const table = createRouteTable([app('a', 'a.com/*.jpg', 'a.com/*'), { name: 'a', hosts: ['other.com'] }, { name: 'b', hosts: ['b c'] }]);
  assert.equal(find(table, 'a.com/'), 'a');
  assert.equal(find(table, 'other.com/'), undefined);
  assert.deepEqual(
    table.conflicts.map(({ kept }) => kept),
    ['a', undefined, undefined],
  );
  assert.match(table.conflicts[0]?.message ?? '', /Two apps are called "a"/);
});

test('match: untrusted apps take nothing that others or the operator have', () => {
  const untrusted = (name: string, ...patterns: string[]): RoutedApp => ({ ...app(name, ...patterns), group: 'untrusted' });
  const table = createRouteTable([
    untrusted('a', 'shop.com/login*', 'shop.com/', '*.shop.com/*', 'own.com/*', 'vanity.com/*', '*/*', 'z.localhost/*'),
    { name: 'b', group: 'untrusted', routes: [{ pattern: 'shop.com', customDomain: true }], hosts: ['vanity.com'] },
    { ...app('shop', 'shop.com/s/*', '*shop.com/admin/*', '*/*'), group: 'default' },
    { name: 'z', group: 'untrusted' },
  ]);
  for (const [url, name] of [
    ['shop.com/login', 'shop'],
    ['shop.com/', 'shop'],
    ['x.shop.com/admin/', 'shop'],
    ['x.shop.com/', 'a'],
    ['own.com/', 'a'],
    ['vanity.com/x', 'b'],
    ['z.localhost/', 'z'],
    ['else.com/', 'shop'],
  ] as const)
    assert.equal(find(table, url), name, url);
  assert.deepEqual(
    table.conflicts.map(({ pattern, kept, refused }) => [refused, pattern, kept]),
    [
      ['a', 'shop.com/login*', 'shop'],
      ['a', 'shop.com/', 'shop'],
      ['a', 'vanity.com/*', 'b'],
      ['a', 'z.localhost/*', 'z'],
      ['b', 'shop.com', 'shop'],
    ],
  );
});

test('match: apps of a dispatch namespace have no address', () => {
  const table = createRouteTable([{ ...app('a', 'shop.com/*'), namespace: 'customers' }, app('b', 'shop.com/*')]);
  assert.deepEqual([find(table, 'shop.com/'), find(table, 'a.localhost/'), table.conflicts], ['b', undefined, []]);
});

test('match: holds for many apps on one host', () => {
  const table = createRouteTable(Array.from({ length: 3000 }, (_, index) => app(`app-${index}`, `big.com/app-${index}/*`)));
  assert.equal(find(table, 'big.com/app-2999/x'), 'app-2999');
  assert.equal(find(table, 'big.com/app-29/x'), 'app-29');
  assert.deepEqual(table.conflicts, []);
});
