import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HTMLRewriter } from './html-rewriter.ts';
import { bytesOf, cut, rewrite, rewriteBytes } from './testing/rewrite.ts';

// biome-ignore lint/suspicious/noExplicitAny: tokens are untyped for handlers
type Token = any;

const SAMPLE = `<!DOCTYPE html PUBLIC "-//x" 'y'><!-- é -- > --><html lang=en><head><title>T<b>&amp;</title><script a='>'>if (a </b) "<!--<script></script>--></scr" + 1</script
><style>p > a { color: red } </styl></style><meta charset="utf-8"/></head><body class="x y">
<p id=a title='"<>"' disabled>text é 🎉 <3 &lt; <b>bold</b></p><textarea><p>no</p></textarea ><svg><path d="M0"/><![CDATA[ <p>x</p> ]] ]]><title>svg</title></svg>
<math><mi>x</mi><annotation-xml encoding="text/html"><p>y</p></annotation-xml></math><? php ?></ bogus></><p/ a/b =c d=>e<unknown-element-name x = "1">f</unknown-element-name>
<a href=/x/>g</a><plaintext>everything <p>is</p> text</plaintext>`;

/** Handlers of every kind that write down what they see, and change much of it. */
function everything(log: string[]): (r: HTMLRewriter) => unknown {
  let text = '';
  return (r) =>
    r
      .on('*', {
        element(e: Token) {
          log.push(`<${e.tagName} ${JSON.stringify([...e.attributes])} ${e.namespaceURI}`);
          try {
            e.onEndTag((tag: Token) => void log.push(`</${tag.name}`));
          } catch {
            log.push('void');
          }
        },
      })
      .on('p', { element: (e: Token) => void e.setAttribute('seen', 'é').prepend('[').append(']') })
      .on('b', { element: (e: Token) => void e.replace('BOLD') })
      .onDocument({
        doctype: (d: Token) => void log.push(`doctype ${d.name} ${d.publicId} ${d.systemId}`),
        comments(c: Token) {
          log.push(`comment ${c.text}`);
          c.after('!');
        },
        text(t: Token) {
          text += t.text;
          if (!t.lastInTextNode) return;
          log.push(`text ${text}`);
          text = '';
        },
        end: (e: Token) => void e.append('end'),
      });
}

describe('chunks', () => {
  test('cut at any byte: the same tokens and the same output', async () => {
    const bytes = bytesOf(SAMPLE);
    const log: string[] = [];
    const whole = await rewrite(SAMPLE, everything(log));
    assert.ok(whole.includes('BOLD') && whole.includes('seen="é"'));
    for (let i = 1; i < bytes.length; i++) {
      const parts: string[] = [];
      assert.equal(await rewrite([bytes.slice(0, i), bytes.slice(i)], everything(parts)), whole, `cut at ${i}`);
      assert.deepEqual(parts, log, `cut at ${i}`);
    }
  });

  test('cut into equal parts: the same, byte by byte too', async () => {
    const log: string[] = [];
    const whole = await rewrite(SAMPLE, everything(log));
    for (const size of [1, 2, 3, 5, 7, 16, 61]) {
      const parts: string[] = [];
      assert.equal(await rewrite(cut(SAMPLE, size), everything(parts)), whole);
      assert.deepEqual(parts, log);
    }
  });

  test('with nothing to change, or nothing found: every byte as it came', async () => {
    const setups: ((r: HTMLRewriter) => unknown)[] = [
      () => {},
      (r) => r.on('nothing', { element: (e: Token) => e.remove(), text: (t: Token) => t.remove() }),
      (r) => r.on('*', { element() {}, text() {}, comments() {} }).onDocument({ doctype() {}, end() {} }),
      (r) => r.on('p.x > [a^=b]:nth-child(2)', { element: (e: Token) => e.remove() }),
    ];
    for (const setup of setups) for (const size of [1, 3, 10000]) assert.equal(await rewrite(cut(SAMPLE, size), setup), SAMPLE);
  });

  test('a document that ends anywhere: what is there is passed through', async () => {
    const bytes = bytesOf(SAMPLE);
    for (let i = 0; i <= bytes.length; i++) {
      const part = bytes.slice(0, i);
      assert.deepEqual(await rewriteBytes(part, (r) => r.on('*', { element() {}, text() {}, comments() {} })), part);
      assert.deepEqual(await rewriteBytes(cut(part, 3), (r) => r.on('nothing', {})), part);
    }
  });
});

describe('tokens', () => {
  const tags = async (html: string): Promise<string> => {
    const seen: string[] = [];
    const log: string[] = [];
    await rewrite(html, (r) =>
      r.on('*', {
        element(e: Token) {
          seen.push(`${e.tagName}${[...e.attributes].map(([name, value]) => ` ${name}=${value}`).join('')}`);
          log.push(e.namespaceURI);
        },
      }),
    );
    return seen.join('; ');
  };

  const cases: [html: string, tags: string][] = [
    ['<a b>', 'a b='],
    ['<a b=c d = e f="g>h" i=\'j"\' k=l/m>', 'a b=c d=e f=g>h i=j" k=l/m'],
    ['<a/b/ c/=d>', 'a b= c= =d='],
    ['<a =b =c=d>', 'a =b=c=d'],
    ['<a b=>c<d>', 'a b=; d'],
    ['<a b="">', 'a b='],
    ['<a\tb\nc\fd\re>', 'a b= c= d= e='],
    ['<a"b\'c<d>', 'a"b\'c<d'],
    ['<a b<c="d"e>', 'a b<c=d e='],
    ['<1><é><><a>', 'a'],
    ['< a><a>', 'a'],
    ['<a<b>', 'a<b'],
    ['<A\0B c\0d>', 'a\0b c\0d='],
    ['<!--<a>--><b>', 'b'],
    ['<!-->x<a>', 'a'],
    ['<!a <b><c>', 'c'],
    ['<![CDATA[<a>]]><b>', 'b'],
    ['<svg><![CDATA[<a>]]><b>', 'svg; b'],
    ['<title><a></title><b>', 'title; b'],
    ['<title><a></titl></titles></TITLE x><b>', 'title; b'],
    ['<textarea><a></textarea/><b>', 'textarea; b'],
    [
      '<xmp><a></xmp><iframe><b></iframe><noscript><c></noscript><noframes><d></noframes><noembed><e></noembed><f>',
      'xmp; iframe; noscript; noframes; noembed; f',
    ],
    ['<script><a></script><b>', 'script; b'],
    ['<script><!--<a></script><b>', 'script; b'],
    ['<script><!--<script></script><a>--></script><b>', 'script; b'],
    ['<script><!--<script></script></script><b>', 'script; b'],
    ['<script><!-- <scripty></script><b>', 'script; b'],
    ['<script><!--><script></script><b>', 'script; b'],
    ['<script><!-- <script> --></script><b>', 'script; b'],
    ['<script><!-- <script> -></script><b></script><c>', 'script; c'],
    ['<plaintext><a></plaintext><b>', 'plaintext'],
    ['<svg><title><a></title><script></script></svg><title><b></title>', 'svg; title; a; script; title'],
    ['<svg><style><a></style></svg>', 'svg; style; a'],
    ['<svg><p><style><a></style>', 'svg; p; style'],
    ['<svg><font><style><a></style></font>', 'svg; font; style; a'],
    ['<svg><font color=x><style><a></style>', 'svg; font color=x; style'],
    ['<svg><foreignObject><style><a></style></foreignObject><style><b></style>', 'svg; foreignobject; style; style; b'],
    ['<svg/><style><a></style>', 'svg; style'],
    ['<svg><math><p><style><a></style>', 'svg; math; p; style'],
    ['<svg><desc></title><style><a></style></desc><style><b>', 'svg; desc; style; style; b'],
    ['<math><annotation-xml><style><a></style></annotation-xml>', 'math; annotation-xml; style; a'],
    [
      '<math><annotation-xml encoding=TEXT/HTML><style><a></style></annotation-xml><style><b></style>',
      'math; annotation-xml encoding=TEXT/HTML; style; style; b',
    ],
    ['<math><mi><style><a></style></mi><style><b></style>', 'math; mi; style; style; b'],
    ['<svg></p><style><a></style>', 'svg; style'],
    ['<select><script><a></script><option></select><style><b></style>', 'select; script; option; style'],
  ];
  for (const [html, expected] of cases) {
    test(html.replaceAll('\0', '\\0'), async () => {
      assert.equal(await tags(html), expected);
    });
  }

  for (const html of ['<select><xmp><script>"use strict";</script></select>', '<frameset><style>', '<select><template><title>', '<select><div><iframe>']) {
    test(`ambiguous markup is refused: ${html}`, async () => {
      await assert.rejects(
        rewrite(html, () => {}),
        {
          name: 'TypeError',
          message: /^Parser error: The parser has encountered a text content tag \(`<(xmp|style|title|iframe)>`\) in the context where it is ambiguous/,
        },
      );
    });
  }
});

describe('hostile documents', () => {
  test('100,000 elements deep, and as many stray end tags', async () => {
    const deep = `${'<div>'.repeat(100000)}x${'</p>'.repeat(100000)}${'</div>'.repeat(100000)}`;
    assert.equal(await rewrite(cut(deep, 65536), (r) => r.on('p > .x', {})), deep);
  });

  test('deep, with a rule for every element: refused for its memory, or rewritten', async () => {
    let count = 0;
    const deep = '<div>'.repeat(10000);
    await rewrite(deep, (r) => r.on('div', { element: () => void count++, text() {} }));
    assert.equal(count, 10000);
    await assert.rejects(
      rewrite('<div>'.repeat(100000), (r) => r.on('div', { text() {} })),
      { name: 'TypeError', message: 'Parser error: The memory limit has been exceeded.' },
    );
  });

  test('ever new names: are forgotten when their elements are closed', async () => {
    let html = '<x-keep>';
    for (let i = 0; i < 20000; i++) html += `<x-${i}></x-${i}>`;
    html += '<x-7></x-7></x-keep>';
    let count = 0;
    assert.equal(await rewrite(cut(html, 10000), (r) => r.on('x-keep x-7', { element: () => void count++ })), html);
    assert.equal(count, 2);
  });

  test('a huge attribute nobody asks for: is passed through as it comes', async () => {
    const html = `<img src="${'a'.repeat(8 << 20)}"><p>`;
    assert.equal((await rewrite(cut(html, 1 << 20), (r) => r.on('p', { element: (e: Token) => void e.before('x') }))).length, html.length + 1);
  });

  test('a huge attribute somebody asks for: is refused beyond the limit', async () => {
    const html = `<img src="${'a'.repeat(4 << 20)}">`;
    await assert.rejects(
      rewrite(cut(html, 1 << 18), (r) => r.on('img[src]', {})),
      { message: 'Parser error: The memory limit has been exceeded.' },
    );
    const smaller = `<img src="${'a'.repeat(2 << 20)}">`;
    assert.equal(await rewrite(cut(smaller, 1 << 18), (r) => r.on('img[src]', { element: (e: Token) => void e.before('x') })), `x${smaller}`);
  });

  test('a huge comment: is passed through, and refused where it is asked for', async () => {
    const html = `<!--${'-'.repeat(4 << 20)}-->`;
    assert.equal(await rewrite(cut(html, 1 << 18), (r) => r.on('p', {})), html);
    await assert.rejects(
      rewrite(cut(html, 1 << 18), (r) => r.onDocument({ comments() {} })),
      { message: 'Parser error: The memory limit has been exceeded.' },
    );
  });

  test('a long token byte by byte: costs no more than its length', async () => {
    const html = `<p title="${'a'.repeat(30000)}"><!--${'b'.repeat(30000)}--><${'c'.repeat(30000)}>`;
    const start = process.cpuUsage().user;
    assert.equal(await rewrite(cut(html, 1), (r) => r.on('p', { element() {} }).onDocument({ comments() {} })), html);
    assert.ok(process.cpuUsage().user - start < 10e6);
  });
});
