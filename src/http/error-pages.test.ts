import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientErrors, type ClientErrorName } from '../protocol/errors.ts';
import { developerPages, productionPages, wantsHtml } from './error-pages.ts';

const STACK = 'Error: <secret> & "more"\n    at handler (src/index.ts:1:2)\n  because';

test('productionPages: a code, and nothing of the reason', () => {
  assert.deepEqual(productionPages.render('exception', 'r', true, STACK), { type: 'text/plain; charset=UTF-8', body: 'error code: 1101' });
  for (const name of Object.keys(ClientErrors) as ClientErrorName[]) {
    const { body } = productionPages.render(name, 'r', true, STACK);
    assert.match(body, /^error code: \d{4}(\n[^\n]+\n)?$/);
    assert.doesNotMatch(body, /secret|index\.ts/);
  }
});

test('developerPages: the stack, escaped for browsers and plain for others', () => {
  const html = developerPages.render('exception', '<r>', true, STACK);
  assert.equal(html.type, 'text/html; charset=UTF-8');
  assert.match(html.body, /<h1>Error: &lt;secret&gt; &amp; &quot;more&quot;<\/h1>/);
  assert.match(html.body, /<span class="frame"> {4}at handler/);
  assert.doesNotMatch(html.body, /<secret>|<r>/);
  const text = developerPages.render('exception', 'r', false, STACK);
  assert.equal(text.type, 'text/plain; charset=UTF-8');
  assert.match(text.body, /^Error: <secret> & "more"\n {4}at handler/);
  assert.match(developerPages.render('unknownHost', 'r', true, 'no such app').body, /<h1>no such app<.*There is nothing here/s);
  assert.match(developerPages.render('badRequest', 'r', false, 'no such time').body, /^no such time\n\nBad request /);
});

test('wantsHtml: browsers do, curl does not', () => {
  assert.equal(wantsHtml('text/html,application/xhtml+xml,*/*;q=0.8'), true);
  assert.equal(wantsHtml('*/*'), false);
  assert.equal(wantsHtml(undefined), false);
});
