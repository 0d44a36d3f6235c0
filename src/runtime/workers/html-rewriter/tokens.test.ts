import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Response } from '../../web/response.ts';
import { bytesOf, rewrite, rewriteBytes, streamOf } from './testing/rewrite.ts';

// biome-ignore lint/suspicious/noExplicitAny: tokens are untyped for handlers
type Token = any;

describe('text', () => {
  const chunks = async (html: string | string[], selector = '*'): Promise<unknown[]> => {
    const seen: unknown[] = [];
    await rewrite(html, (r) => r.on(selector, { text: (t: Token) => void seen.push(t.lastInTextNode ? `${t.text}|` : t.text) }));
    return seen;
  };

  test('a text node: its chunks, then an empty last one', async () => {
    assert.deepEqual(await chunks('<p>ab<b>c</b></p>d'), ['ab', '|', 'c', '|']);
    assert.deepEqual(await chunks(['<p>a', 'b', '</p>']), ['a', 'b', '|']);
    assert.deepEqual(await chunks('<p></p>'), []);
    assert.deepEqual(await chunks('<p>a<!-- x -->b</p>'), ['a', '|', 'b', '|']);
  });

  test('entities are left as they are, and a lone "<" is a chunk', async () => {
    assert.deepEqual(await chunks('<p>a &lt; b < c <3</p>'), ['a &lt; b ', '<', ' c ', '<', '3', '|']);
  });

  test('a character is never cut, invalid bytes are replaced but stay in the output', async () => {
    const seen: string[] = [];
    const bytes = Uint8Array.of(...bytesOf('<p>é'), 0xff, 0xe2, 0x82, ...bytesOf('</p>'));
    const parts = Array.from(bytes, (byte) => Uint8Array.of(byte));
    const out = await rewriteBytes(parts, (r) => r.on('p', { text: (t: Token) => void seen.push(t.text) }));
    assert.equal(seen.join(''), 'é\ufffd\ufffd');
    assert.deepEqual(out, bytes);
  });

  test('text of an element: with its descendants, not in void elements', async () => {
    assert.deepEqual(await chunks('a<p>b<i>c</i><br>d</p>e', 'p'), ['b', '|', 'c', '|', 'd', '|']);
    assert.deepEqual(await chunks('<br>b', 'br'), []);
  });

  test('raw text, scripts, CDATA', async () => {
    assert.deepEqual(await chunks('<title>a<b>&amp;</title>'), ['a', '<', 'b>&amp;', '|']);
    assert.deepEqual((await chunks('<script>a</b><!--<script></script>--></script>')).join(''), 'a</b><!--<script></script>-->|');
    assert.deepEqual(await chunks('<svg><![CDATA[a<b>]]]>c</svg>'), ['a<b>', ']', '|', 'c', '|']);
  });

  test('before, after, replace, remove', async () => {
    const change = (f: (t: Token) => unknown): Promise<string> => rewrite('<p>a</p>', (r) => r.on('p', { text: (t: Token) => void (t.text === 'a' && f(t)) }));
    assert.equal(await change((t) => t.before('<1>').before('<2>', { html: true }).after('3').after('4')), '<p>&lt;1&gt;<2>a43</p>');
    assert.equal(await change((t) => assert.equal(t.replace('x').replace('<b>', { html: true }).removed, true)), '<p><b></p>');
    assert.equal(await change((t) => (assert.equal(t.removed, false), t.remove().before('1'))), '<p>1</p>');
    assert.equal(await change((t) => t.replace(new Response('s')).after(streamOf([bytesOf('t')]))), '<p>st</p>');
  });
});

describe('comments', () => {
  test('text, and what ends a comment', async () => {
    const seen: string[] = [];
    const html = '<!--a--><!----><!--><!---><!--b--!><!-- - -- ---><!--<!--x--><?php x?><!x><!doctypex></ y><!--d--e-->';
    const out = await rewrite(html, (r) => r.onDocument({ comments: (c: Token) => void seen.push(c.text) }));
    assert.deepEqual(seen, ['a', '', '', '', 'b', ' - -- -', '<!--x', '?php x?', 'x', ' y', 'd--e']);
    assert.equal(out, html);
  });

  for (const [html, text] of [
    ['<!--a', 'a'],
    ['<!--a-', 'a'],
    ['<!--a--', 'a'],
    ['<!--a--!', 'a'],
    ['<!--', ''],
    ['<!-', '-'],
    ['<?', '?'],
  ] as const) {
    test(`a comment the document ends in: ${html}`, async () => {
      const seen: string[] = [];
      assert.equal(await rewrite(html, (r) => r.onDocument({ comments: (c: Token) => void seen.push(c.text) })), html);
      assert.deepEqual(seen, [text]);
    });
  }

  test('before, after, replace, remove, text', async () => {
    const change = (f: (c: Token) => unknown): Promise<string> => rewrite('<p><!--a--></p><!--b-->', (r) => r.on('p', { comments: (c: Token) => void f(c) }));
    assert.equal(await change((c) => c.before('<1>').before('2').after('3').after('<4>', { html: true })), '<p>&lt;1&gt;2<!--a--><4>3</p><!--b-->');
    assert.equal(await change((c) => assert.equal(c.replace('x').removed, true)), '<p>x</p><!--b-->');
    assert.equal(await change((c) => c.remove()), '<p></p><!--b-->');
    assert.equal(await change((c) => (c.text = ' n<w ')), '<p><!-- n<w --></p><!--b-->');
    for (const bad of ['a-->b', '>', '->x', 'a--!>']) {
      assert.equal(
        await change((c) => assert.throws(() => (c.text = bad), { message: "Parser error: Comment text shouldn't contain a comment-closing sequence." })),
        '<p><!--a--></p><!--b-->',
      );
    }
    const message = 'Replacing content in HTML comments using a ReadableStream or Response object is not implemented. You must provide a string.';
    await change((c) => assert.throws(() => c.replace(new Response('x')), { name: 'TypeError', message }));
  });
});

describe('doctype', () => {
  for (const [html, name, publicId, systemId] of [
    ['<!doctype html>', 'html', null, null],
    ['<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" \'http://x\'>', 'html', '-//W3C//DTD HTML 4.01//EN', 'http://x'],
    ['<!DOCTYPE html SYSTEM "about:legacy-compat">', 'html', null, 'about:legacy-compat'],
    ['<!doctype>', null, null, null],
    ['<!doctypehtml>', 'html', null, null],
    ['<!DOCTYPE html PUBLIC"a""b"x>', 'html', 'a', 'b'],
    ['<!DOCTYPE html PUBLIC "a', 'html', 'a', null],
    ['<!DOCTYPE html nonsense "a">', 'html', null, null],
  ] as const) {
    test(html, async () => {
      const seen: unknown[] = [];
      assert.equal(await rewrite(html, (r) => r.onDocument({ doctype: (d: Token) => void seen.push([d.name, d.publicId, d.systemId]) })), html);
      assert.deepEqual(seen, [[name, publicId, systemId]]);
    });
  }
});

test('document end: append, the handlers given last first', async () => {
  const out = await rewrite('<p>x', (r) =>
    r.onDocument({ end: (e: Token) => void e.append('<1>').append('<2>', { html: true }) }).onDocument({ end: async (e: Token) => void e.append('3') }),
  );
  assert.equal(out, '<p>x3&lt;1&gt;<2>');
  assert.equal(await rewrite('', (r) => r.onDocument({ end: (e: Token) => void e.append('x') })), 'x');
});

test('order: handlers of elements come before those of the document', async () => {
  const order: string[] = [];
  await rewrite('<p>a<!--b--></p>', (r) =>
    r
      .onDocument({ text: () => void order.push('document'), comments: () => void order.push('document') })
      .on('p', { text: () => void order.push('1'), comments: () => void order.push('1') })
      .on('*', { text: () => void order.push('2'), comments: () => void order.push('2') }),
  );
  assert.deepEqual(order, ['1', '2', 'document', '1', '2', 'document', '1', '2', 'document']);
});
