import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Response } from '../../web/response.ts';
import { HTMLRewriter } from './html-rewriter.ts';
import { rewrite, streamOf, bytesOf } from './testing/rewrite.ts';

/** What tests call on a token. */
// biome-ignore lint/suspicious/noExplicitAny: tokens are untyped for handlers
type Token = any;

const onElement = (html: string, selector: string, element: (token: Token) => unknown): Promise<string> => rewrite(html, (r) => r.on(selector, { element }));

describe('content', () => {
  const cases: [name: string, html: string, change: (e: Token) => unknown, expected: string][] = [
    ['before: in the order of calls', '<p>x</p>', (e) => e.before('1').before('<2>', { html: true }), '1<2><p>x</p>'],
    ['before: escapes text', '<p>x</p>', (e) => e.before('<&>"'), '&lt;&amp;&gt;"<p>x</p>'],
    ['after: the last call comes first', '<p>x</p>', (e) => e.after('1').after('2'), '<p>x</p>21'],
    ['after: of a void element follows its tag', '<img>x', (e) => e.after('1').after('2'), '<img>21x'],
    ['prepend: the last call comes first', '<p>x</p>', (e) => e.prepend('1').prepend('2'), '<p>21x</p>'],
    ['prepend, append: nothing in a void element', '<br>x', (e) => e.prepend('1').append('2').setInnerContent('3'), '<br>x'],
    ['append: in the order of calls', '<p>x</p>', (e) => e.append('1').append('2'), '<p>x12</p>'],
    ['setInnerContent: replaces, children too', '<p>x<b>y</b></p>z', (e) => e.setInnerContent('<1>'), '<p>&lt;1&gt;</p>z'],
    [
      'setInnerContent: the last call counts',
      '<p>x</p>',
      (e) => e.prepend('a').append('b').setInnerContent('1').setInnerContent('2', { html: true }),
      '<p>2</p>',
    ],
    ['setInnerContent: what is put in later stays', '<p>x</p>', (e) => e.setInnerContent('1').prepend('0').append('2'), '<p>012</p>'],
    ['replace: the whole element', 'a<p>x<i>y</i></p>b', (e) => e.replace('<1>', { html: true }), 'a<1>b'],
    ['replace: the last call counts, what is around stays', '<p>x</p>', (e) => e.before('a').replace('1').replace('2').after('b'), 'a2b'],
    ['replace: a void element', '<img>x', (e) => e.replace('1'), '1x'],
    ['remove: the whole element', 'a<p>x<i>y</i></p>b', (e) => e.remove(), 'ab'],
    ['remove: what is around stays', '<p>x</p>', (e) => e.before('a').remove().after('b'), 'ab'],
    ['removeAndKeepContent: only the tags', 'a<p>x<i>y</i></p>b', (e) => e.removeAndKeepContent(), 'ax<i>y</i>b'],
    ['removeAndKeepContent: takes content', '<p>x</p>', (e) => e.removeAndKeepContent().prepend('1').append('2'), '1x2'],
    ['tagName: renames both tags', '<p a=1>x</P >y', (e) => (e.tagName = 'Div'), '<Div a=1>x</Div>y'],
    ['tagName: of a void element', '<img a>', (e) => (e.tagName = 'x-img'), '<x-img a>'],
    ['options: null and undefined are text', '<p>x</p>', (e) => e.before('<', null).before('>', undefined), '&lt;&gt;<p>x</p>'],
    ['content: other values become strings', '<p>x</p>', (e) => e.before(1).before(null).replace(undefined), '1nullundefined'],
    ['content: lone surrogates are replaced', '<p>x</p>', (e) => e.before('\ud800a'), '\ufffda<p>x</p>'],
    ['an element without an end tag: what is meant for it is lost', '<p>x', (e) => e.before('0').prepend('1').append('2').after('3'), '0<p>1x'],
    ['an element without an end tag: content is removed to the end', 'a<p>x<i>y</i>', (e) => e.setInnerContent('1'), 'a<p>1'],
  ];
  for (const [name, html, change, expected] of cases) {
    test(name, async () => {
      assert.equal(await onElement(html, html.includes('<p') ? 'p' : '*', change), expected);
    });
  }

  test('streams and responses: are written when their turn comes', async () => {
    const out = await rewrite('<p>x</p>', (r) =>
      r.on('p', {
        element(e: Token) {
          e.before(streamOf([bytesOf('<a'), bytesOf('>')]));
          e.prepend(new Response('<b>'), { html: true });
          e.append(streamOf([]), { html: true });
          e.after(new Response(streamOf([bytesOf('é').slice(0, 1), bytesOf('é').slice(1), bytesOf('&')])));
        },
      }),
    );
    assert.equal(out, '&lt;a&gt;<p><b>x</p>é&amp;');
  });

  test('responses: without a body they are no content', async () => {
    assert.equal(await onElement('<p>x</p>', 'p', (e) => e.before(new Response(null)).replace(new Response(null))), '<p>x</p>');
  });

  test('streams: bytes that are not UTF-8 end the rewriting', async () => {
    const bad = onElement('<p>x</p>', 'p', (e) => e.before(streamOf([Uint8Array.of(0x61, 0xe2, 0x28, 0xa1)])));
    await assert.rejects(bad, { name: 'TypeError', message: 'Parser error: Invalid UTF-8' });
  });

  test('streams: their failure ends the rewriting', async () => {
    const failing = streamOf([]);
    const { ReadableStream } = await import('../../web/streams/readable-stream.ts');
    const stream = new ReadableStream({ pull: () => Promise.reject(new Error('gone')) });
    await assert.rejects(
      onElement('<p>x</p>', 'p', (e) => e.before(failing).before(stream)),
      { message: 'gone' },
    );
  });

  test('elements that one end tag closes: the outer one decides on it', async () => {
    assert.equal(await onElement('<ul><li>a<li>b</ul>c', 'li', (e) => e.append('!')), '<ul><li>a<li>b!</ul>c');
  });

  test('void elements: a slash is no matter in HTML, and all in SVG', async () => {
    assert.equal(await onElement('<div/>a</div>', 'div', (e) => e.append('1')), '<div/>a1</div>');
    assert.equal(await onElement('<svg><g/>a<g>b</g></svg>', 'g', (e) => e.append('1').after('2')), '<svg><g/>2a<g>b1</g>2</svg>');
  });
});

describe('attributes', () => {
  const html = '<p Class="a" id=x data-e=\'1"2\' Checked class="b" href="?a&amp;b">';
  const seen = async (read: (e: Token) => unknown, given = html): Promise<unknown> => {
    let result: unknown;
    await onElement(given, 'p', (e) => {
      result = read(e);
    });
    return result;
  };

  test('attributes: an iterator of pairs, duplicates and all, values as written', async () => {
    assert.deepEqual(await seen((e) => [...e.attributes]), [
      ['class', 'a'],
      ['id', 'x'],
      ['data-e', '1"2'],
      ['checked', ''],
      ['class', 'b'],
      ['href', '?a&amp;b'],
    ]);
    const result = (await seen((e) => {
      const it = e.attributes;
      return [
        it[Symbol.iterator]() === it,
        Object.prototype.toString.call(it),
        Object.getPrototypeOf(Object.getPrototypeOf(it)) === Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())),
      ];
    })) as unknown[];
    assert.deepEqual(result, [true, '[object AttributesIterator]', true]);
  });

  test('attributes: an exhausted iterator stays so', async () => {
    assert.deepEqual(
      await seen((e) => {
        const it = e.attributes;
        it.next();
        return [it.next(), it.next()];
      }, '<p a>'),
      [
        { done: true, value: undefined },
        { done: true, value: undefined },
      ],
    );
  });

  test('attributes: changing them ends an iteration', async () => {
    const message = 'The attributes of this element have been modified during iteration. You must create a new iterator after modifying attributes.';
    await seen((e) => {
      const it = e.attributes;
      it.next();
      e.setAttribute('z', '1');
      assert.throws(() => it.next(), { name: 'Error', message });
      const other = e.attributes;
      e.removeAttribute('nothing');
      assert.throws(() => other.next(), { message });
      assert.equal([...e.attributes].length, 7);
    });
  });

  test('getAttribute, hasAttribute: ignore case, find the first, null for none', async () => {
    assert.deepEqual(
      await seen((e) => [e.getAttribute('CLASS'), e.getAttribute('checked'), e.getAttribute('nope'), e.getAttribute('a b'), e.getAttribute('')]),
      ['a', '', null, null, null],
    );
    assert.deepEqual(await seen((e) => [e.hasAttribute('ID'), e.hasAttribute('nope')]), [true, false]);
  });

  test('setAttribute: changes in place, or adds; the others stay as they came', async () => {
    assert.equal(
      await onElement(html, 'p', (e) => e.setAttribute('CLASS', 'n').setAttribute('New', 'a"b<&').setAttribute('id', '')),
      '<p Class="n" id="" data-e=\'1"2\' Checked class="b" href="?a&amp;b" new="a&quot;b<&">',
    );
    assert.equal(await seen((e) => e.setAttribute('a', 'b"').getAttribute('A')), 'b"');
  });

  test('removeAttribute: removes duplicates too; nothing changes for a name that is not there', async () => {
    assert.equal(await onElement('<p  a=1 b A=2  >', 'p', (e) => e.removeAttribute('A')), '<p b>');
    assert.equal(await onElement('<p  a=1 b A=2  >', 'p', (e) => e.removeAttribute('c')), '<p  a=1 b A=2  >');
  });

  test('self-closing: the slash stays, behind a space', async () => {
    assert.equal(await onElement('<img a=1/>', 'img', (e) => e.setAttribute('b', '2')), '<img a=1/ b="2">');
    assert.equal(await onElement('<img a=1 />', 'img', (e) => e.setAttribute('b', '2')), '<img a=1 b="2" />');
    assert.equal(await onElement('<img a />', 'img', (e) => e.removeAttribute('a')), '<img/>');
  });

  const bad: [name: string, change: (e: Token) => unknown, message: string][] = [
    ['setAttribute: empty', (e) => e.setAttribute('', 'x'), "Attribute name can't be empty."],
    ['setAttribute: forbidden', (e) => e.setAttribute('a=b', 'x'), '`=` character is forbidden in the attribute name'],
    ['tagName: empty', (e) => (e.tagName = ''), "Tag name can't be empty."],
    ['tagName: first', (e) => (e.tagName = '1a'), 'The first character of the tag name should be an ASCII alphabetical character.'],
    ['tagName: forbidden', (e) => (e.tagName = 'should throw'), '` ` character is forbidden in the tag name'],
  ];
  for (const [name, change, message] of bad) {
    test(`${name}: throws and changes nothing`, async () => {
      assert.equal(await onElement(html, 'p', (e) => assert.throws(() => change(e), { name: 'TypeError', message: `Parser error: ${message}` })), html);
    });
  }
});

describe('element', () => {
  test('tagName, namespaceURI, removed', async () => {
    const seen: unknown[] = [];
    await rewrite('<DIV><svg viewBox=x><a /><foreignObject><p></p></foreignObject></svg><math><mi>x</mi></math></DIV>', (r) =>
      r.on('*', {
        element(e: Token) {
          seen.push([e.tagName, e.namespaceURI.split('/').at(-1), e.removed, e.removeAndKeepContent().removed]);
        },
      }),
    );
    assert.deepEqual(seen, [
      ['div', 'xhtml', false, true],
      ['svg', 'svg', false, true],
      ['a', 'svg', false, true],
      ['foreignobject', 'svg', false, true],
      ['p', 'xhtml', false, true],
      ['math', 'MathML', false, true],
      ['mi', 'MathML', false, true],
    ]);
  });

  test('in removed content: handlers run, the elements are removed already, and nothing is written', async () => {
    const seen: string[] = [];
    const out = await rewrite('<div>a<p>b</p>c<!--d--></div>e', (r) =>
      r
        .on('div', { element: (e: Token) => void e.setInnerContent('!') })
        .on('p', { element: (e: Token) => void (e.before('1').after('2').append('3'), seen.push(`p ${e.removed}`)) })
        .onDocument({ text: (t: Token) => void seen.push(t.text), comments: (c: Token) => void (c.before('4'), seen.push(c.text)) }),
    );
    assert.equal(out, '<div>!</div>e');
    assert.deepEqual(seen, ['a', '', 'p true', 'b', '', 'c', '', 'd', 'e', '']);
  });

  test('several handlers: each gets a token of its own, changes add up', async () => {
    const tokens: Token[] = [];
    const out = await rewrite('<p class=x>a</p>', (r) =>
      r
        .on('p', { element: (e: Token) => void tokens.push(e.setAttribute('a', '1').before('1')) })
        .on('.x', { element: (e: Token) => void tokens.push(e.setAttribute('b', e.getAttribute('a')).before('2')) }),
    );
    assert.equal(out, '12<p class=x a="1" b="1">a</p>');
    assert.notEqual(tokens[0], tokens[1]);
  });

  test('onEndTag: runs at the end tag; the last handler given counts', async () => {
    const names: string[] = [];
    const out = await onElement('<p>x</P >y', 'p', (e) => {
      e.append('0').after('9');
      e.onEndTag(() => names.push('lost'));
      e.onEndTag(function (this: unknown, tag: Token) {
        names.push(tag.name, String(this));
        tag.before('1').before('2').after('3').after('4');
        tag.name = 'q';
      });
    });
    assert.equal(out, '<p>x012</q>439y');
    assert.deepEqual(names, ['p', 'undefined']);
  });

  test('onEndTag: of every element that an end tag closes, the innermost first', async () => {
    const order: string[] = [];
    await rewrite('<ul><li>a<li>b</ul><p>', (r) =>
      r.on('*', {
        element(e: Token) {
          const name = `${e.tagName}${order.length}`;
          order.push(`<${name}`);
          e.onEndTag(() => order.push(`/${name}`));
        },
      }),
    );
    assert.deepEqual(order, ['<ul0', '<li1', '<li2', '/li2', '/li1', '/ul0', '<p6']);
  });

  test('onEndTag: remove, and content for a removed element', async () => {
    assert.equal(await onElement('<p>x</p>y', 'p', (e) => e.onEndTag((tag: Token) => tag.remove())), '<p>xy');
    assert.equal(
      await onElement('<p>x</p>y', 'p', (e) => {
        e.remove();
        e.onEndTag((tag: Token) => tag.after('1'));
      }),
      '1y',
    );
  });

  test('onEndTag: throws for void elements and for what is no function', async () => {
    await onElement('<br>', 'br', (e) => {
      assert.throws(() => e.onEndTag(() => {}), { name: 'TypeError', message: 'Parser error: No end tag.' });
      assert.throws(() => e.onEndTag('x'), TypeError);
    });
  });

  test('tokens: are not valid after their handler, and of no other class', async () => {
    const message = 'This content token is no longer valid. Content tokens are only valid during the execution of the relevant content handler.';
    let element: Token;
    let iterator: Token;
    let release = (): void => {};
    const done = rewrite('<p a>x</p>', (r) =>
      r.on('p', {
        element(e: Token) {
          element = e;
          iterator = e.attributes;
          return new Promise<void>((resolve) => {
            release = resolve;
          });
        },
      }),
    );
    while (element === undefined) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(element.tagName, 'p');
    release();
    await done;
    for (const use of [() => element.tagName, () => element.before('x'), () => iterator.next(), () => element.attributes])
      assert.throws(use, { name: 'TypeError', message });
    assert.throws(() => Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), 'tagName')?.get?.call({}), TypeError);
    assert.throws(() => new element.constructor(), { message: 'Illegal constructor' });
    assert.equal(Object.prototype.toString.call(element), '[object Element]');
    assert.equal(new HTMLRewriter().on('p', undefined) instanceof HTMLRewriter, true);
  });
});
