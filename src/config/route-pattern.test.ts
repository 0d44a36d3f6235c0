import assert from 'node:assert/strict';
import test from 'node:test';
import { customDomainFault, parseRoutePattern } from './route-pattern.ts';

function parts(pattern: string): unknown[] {
  const route = parseRoutePattern(pattern);
  if (typeof route === 'string') throw new Error(route);
  return [route.scheme, route.hosts, route.host, route.path, route.pathPrefix];
}

test('parseRoutePattern: understands hosts, paths, schemes and wildcards', () => {
  assert.deepEqual(parts('example.com'), [undefined, 'exact', 'example.com', '/', false]);
  assert.deepEqual(parts('Example.COM./*'), [undefined, 'exact', 'example.com', '/', true]);
  assert.deepEqual(parts('*.example.com/api/*'), [undefined, 'subhosts', 'example.com', '/api/', true]);
  assert.deepEqual(parts('*example.com/*'), [undefined, 'all', 'example.com', '/', true]);
  assert.deepEqual(parts('https://example.com/A*'), ['https', 'exact', 'example.com', '/A', true]);
  assert.deepEqual(parts('*/*'), [undefined, 'all', '', '/', true]);
  assert.deepEqual(parts('bücher.example/*'), [undefined, 'exact', 'xn--bcher-kva.example', '/', true]);
});

test('parseRoutePattern: refuses what Cloudflare refuses', () => {
  const cases: [string, RegExp][] = [
    ['', /may not be empty/],
    ['example.com/*.jpg', /contains an infix wildcard\. This is not allowed/],
    ['ex*ample.com/', /infix wildcard/],
    ['*.*.example.com/', /infix wildcard/],
    ['example.com/?a=b', /contains a query string\. This is not allowed/],
    ['example.com/#x', /fragment/],
    ['ftp://example.com/', /neither http/],
    ['example.com:8080/', /port/],
    ['user@example.com/', /user name/],
    ['/path', /no host/],
    ['exa mple.com', /white space/],
    ['a..b/', /not a valid name/],
  ];
  for (const [pattern, message] of cases) assert.match(String(parseRoutePattern(pattern)), message, pattern);
});

test('customDomainFault: wants a host name and nothing else', () => {
  assert.equal(customDomainFault('shop.example.com'), undefined);
  assert.match(customDomainFault('*.example.com') ?? '', /Wildcard operators \(\*\) are not allowed in Custom Domains/);
  assert.match(customDomainFault('example.com/x') ?? '', /Paths are not allowed in Custom Domains/);
  assert.match(customDomainFault('a b') ?? '', /not a host name/);
});
