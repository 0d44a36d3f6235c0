import type { Expectation } from '../../../support/expectation.ts';

export const expectations: readonly Expectation[] = [
  {
    name: 'method, URL and headers are those that were sent',
    ask: { path: '/facts?a=b', method: 'PATCH', headers: { 'x-a': 'one' } },
    json: { method: 'PATCH', url: 'http://requests.localhost/facts?a=b', host: 'requests.localhost', x: 'one', redirect: 'manual' },
  },
  { name: 'json()', ask: { path: '/json', body: '{"a":[1]}' }, json: { a: [1] } },
  { name: 'json() of what is none', ask: { path: '/json', body: '{' }, status: 500, log: { event: 'exception', msg: /^SyntaxError: / } },
  {
    name: 'formData() of a form',
    ask: { path: '/form', body: 'a=1&b=%C3%A4', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    json: [
      ['a', '1'],
      ['b', 'ä'],
    ],
  },
  { name: 'clone()', ask: { path: '/twice', body: 'x' }, text: 'xx' },
  { name: 'a body is transformed while it streams', ask: { path: '/upper', body: 'straße' }, text: 'STRASSE' },
  { name: 'a body of a megabyte', ask: { path: '/size', body: new Uint8Array(1024 * 1024) }, text: '1048576' },
  { name: 'crypto.subtle', ask: { path: '/digest', body: 'abc' }, text: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
  { name: 'status and headers', ask: { path: '/unused' }, status: 202, text: 'no body', headers: { 'x-b': '1', 'content-type': 'text/plain;charset=UTF-8' } },
];
