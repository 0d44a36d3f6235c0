import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HTMLRewriter } from './html-rewriter.ts';
import { rewrite } from './testing/rewrite.ts';

const PAGE = `<html><body class="a b" id="Top">
<div n=1 class="warn box" lang="en-GB"><p n=2 title="Hello World">x</p><p n=3 class=" b  a ">y</p><span n=4><p n=5 data-x="">z</p></span></div>
<div n=6 id="second" type="TEXT" data-type="TEXT"><i n=7></i><b n=8></b><i n=9></i><ul n=10><li n=11>a</li><li n=12>b</li><li n=13>c</li><li n=14>d</li></ul></div>
<svg n=15><g n=16 type="TEXT"/><g n=17></g></svg><my-El n=18></my-El><input n=19><input n=20 Checked></body></html>`;

async function found(selector: string): Promise<string> {
  const numbers: string[] = [];
  await rewrite(PAGE, (r) =>
    r.on(selector, { element: (e: { getAttribute(name: string): string | null; tagName: string }) => void numbers.push(e.getAttribute('n') ?? e.tagName) }),
  );
  return numbers.join(' ');
}

const cases: [selector: string, numbers: string][] = [
  ['*', 'html body 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20'],
  ['p', '2 3 5'],
  ['P', '2 3 5'],
  ['my-el', '18'],
  ['nothing', ''],
  ['div p', '2 3 5'],
  ['div > p', '2 3'],
  ['div>p', '2 3'],
  ['body div > span > p', '5'],
  ['body > p', ''],
  ['body p, div > p , li', '2 3 5 11 12 13 14'],
  ['html div p', '2 3 5'],
  ['div div', ''],
  ['* > * > p', '2 3 5'],
  ['.a', 'body 3'],
  ['.a.b', 'body 3'],
  ['.A', ''],
  ['#second', '6'],
  ['#Second', ''],
  ['div#second i', '7 9'],
  ['[title]', '2'],
  ['[TITLE]', '2'],
  ['[checked]', '20'],
  ['p[title="Hello World"]', '2'],
  ["p[title='hello world']", ''],
  ['p[title="hello world" i]', '2'],
  ['p[title="hello world" I]', '2'],
  ['p[title=Hello]', ''],
  ['[title~=World]', '2'],
  ['[title~="Hello World"]', ''],
  ['[title^=Hel]', '2'],
  ['[title$=ld]', '2'],
  ['[title*="o W"]', '2'],
  ['[title*=""], [title^=""], [title$=""], [title~=""]', ''],
  ['\\', ''],
  ['[title*=WORLD i]', '2'],
  ['[lang|=en]', '1'],
  ['[lang|=EN]', '1'],
  ['[lang|=e]', ''],
  ['[data-x=""]', '5'],
  ['[type=text]', '6'],
  ['[type=text s]', ''],
  ['[data-type=text]', ''],
  ['[data-type=text i]', '6'],
  ['li:nth-child(2)', '12'],
  ['li:nth-child(odd)', '11 13'],
  ['li:nth-child(even)', '12 14'],
  ['li:nth-child(2n+1)', '11 13'],
  ['li:nth-child(n+3)', '13 14'],
  ['li:nth-child(-n+2)', '11 12'],
  ['li:nth-child( 3n - 2 )', '11 14'],
  ['li:nth-child(-3)', ''],
  ['li:first-child', '11'],
  ['div > :first-child', '2 7'],
  ['i:nth-child(3)', '9'],
  ['i:nth-of-type(2)', '9'],
  ['b:first-of-type', '8'],
  ['input:nth-of-type(2)', '20'],
  ['my-el:nth-of-type(1)', '18'],
  ['div > *:nth-of-type(1)', '2 4 7 8 10'],
  ['li:not(:first-child)', '12 13 14'],
  ['p:not([title])', '3 5'],
  ['div:not(#second)', '1'],
  ['p:not(.a, [title])', '5'],
  // Each simple selector is negated for itself.
  ['body *:not(div.warn):not(li):not(p)', '4 7 8 9 10 15 16 17 18 19 20'],
  ['li:not(:not(:nth-child(2)))', '12'],
  ['*|p', '2 3 5'],
  ['|p', ''],
  ['*|*#second', '6'],
  ['svg > g', '16 17'],
  ['\\70', '2 3 5'],
  ['#\\73 econd', '6'],
  ['[title="\\48 ello World"]', '2'],
  ['div/**/>/* x */p', '2 3'],
  ['p[title', '2'],
  ['li:nth-child(2', '12'],
];

for (const [selector, numbers] of cases) {
  test(`${selector}: finds ${numbers || 'nothing'}`, async () => {
    assert.equal(await found(selector), numbers);
  });
}

test('child rules: hold for the children of the right element only', async () => {
  const out = await rewrite('<div><svg></svg><ul><b></b></ul></div><div>x</div>', (r) =>
    r.on('*', { element() {} }).on('svg > *, div > div p', { element: (e: { remove(): void }) => e.remove(), text: (t: { remove(): void }) => t.remove() }),
  );
  assert.equal(out, '<div><svg></svg><ul><b></b></ul></div><div>x</div>');
});

describe('errors', () => {
  const errors: [text: string, ...selectors: string[]][] = [
    ['The selector is empty.', '', ' ', 'a,', ',a', '> a', ':not()', '9', 'foo(x)', '*|'],
    ['Dangling combinator in selector.', 'div >', 'div > > p', 'div +', 'div @'],
    [
      'Unexpected token in selector.',
      'div@',
      'div!',
      'a)',
      'div:nth-child(n of a)',
      'div:nth-child(x)',
      '[a=b x]',
      '[a=b i j]',
      'a#9',
      'a.9',
      'a || b',
      '*|.b',
    ],
    ['Unexpected end of selector.', 'div.', 'a:', 'a::', '[a=', '[a=]', ':nth-child()'],
    ['Missing attribute name in attribute selector.', 'div[="foo"]', '[9]'],
    ['Unexpected token in the attribute selector.', 'div[foo~"bar"]', '[a!=b]', '[a=9]', '[a b]'],
    ['Invalid or unescaped class name in selector.', '.foo()', 'a.>b', '.%'],
    ['Selectors with explicit namespaces are not supported.', 'svg|img', '[*|Foo]', '[x|Foo=bar]'],
    ['Unsupported combinator `+` in selector.', 'div + span'],
    ['Unsupported combinator `~` in selector.', 'div ~ span', 'a b~c'],
    [
      'Unsupported pseudo-class or pseudo-element in selector.',
      ':hover',
      ':last-child',
      ':nth-last-child(1)',
      ':only-child',
      ':empty',
      ':root',
      ':is(a)',
      ':has(a)',
      ':where(a)',
      '::before',
      '::slotted()',
      ':not(a b)',
      ':not(a > b)',
      ':not(:hover)',
      ':nth-child',
    ],
  ];
  for (const [text, ...selectors] of errors) {
    for (const selector of selectors) {
      test(`${selector}: ${text}`, () => {
        assert.throws(() => new HTMLRewriter().on(selector, {}), { name: 'TypeError', message: `Parser error: ${text}` });
      });
    }
  }
});
