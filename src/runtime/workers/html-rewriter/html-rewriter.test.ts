import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Response } from '../../web/response.ts';
import { ReadableStream } from '../../web/streams/readable-stream.ts';
import { HTMLRewriter } from './html-rewriter.ts';
import { bytesOf, rewrite, rewriteBytes, streamOf, transformed } from './testing/rewrite.ts';

type Reader = { read(): Promise<{ done: boolean; value: Uint8Array }>; cancel(reason?: unknown): Promise<void> };

// biome-ignore lint/suspicious/noExplicitAny: tokens are untyped for handlers
type Token = any;
// biome-ignore lint/suspicious/noExplicitAny: the runtime's classes take and give unknown
const untyped = (value: unknown): any => value;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('transform', () => {
  test('a new response with the status, the headers and a copy of their guard', async () => {
    const response = new Response('<p>x', { status: 404, statusText: 'No', headers: { a: '1', 'content-type': 'text/html' } });
    const result = untyped(new HTMLRewriter().transform(response));
    assert.notEqual(result, response);
    assert.deepEqual([result.status, result.statusText, result.headers.get('a')], [404, 'No', '1']);
    result.headers.set('a', '2');
    assert.equal(untyped(response).headers.get('a'), '1');
    assert.equal(untyped(response).bodyUsed, true);
    assert.equal(await result.text(), '<p>x');
  });

  test('a response without a body is returned as it is', () => {
    const response = new Response(null);
    assert.equal(new HTMLRewriter().transform(response), response);
  });

  test('an error response, a used one, and what is no response', async () => {
    const rewriter = new HTMLRewriter();
    assert.throws(() => rewriter.transform(Response.error()), { name: 'TypeError', message: 'HTMLRewriter cannot transform an error response' });
    const used = new Response('x');
    await untyped(used).text();
    assert.throws(() => rewriter.transform(used), TypeError);
    assert.throws(() => rewriter.transform('x'), TypeError);
    assert.throws(() => HTMLRewriter.prototype.on.call({}, 'a', {}), TypeError);
  });

  test('nothing runs before the result is read, and a rewriter can be used again', async () => {
    let count = 0;
    const rewriter = new HTMLRewriter().on('p', { element: () => void count++ });
    const first = untyped(rewriter.transform(new Response('<p>')));
    const second = untyped(rewriter.transform(new Response('<p><p>')));
    await turn();
    assert.equal(count, 0);
    await Promise.all([first.text(), second.text()]);
    assert.equal(count, 3);
  });

  test('handlers added later are not for responses transformed before', async () => {
    const rewriter = new HTMLRewriter();
    const first = untyped(rewriter.transform(new Response('<p>')));
    rewriter.on('p', { element: (e: Token) => void e.remove() });
    assert.equal(await first.text(), '<p>');
    assert.equal(await untyped(rewriter.transform(new Response('<p>'))).text(), '');
  });

  test('bodies of every kind', async () => {
    const setup = (): HTMLRewriter => new HTMLRewriter().on('p', { element: (e: Token) => void e.after('!') });
    for (const body of [
      '<p></p>',
      bytesOf('<p></p>'),
      bytesOf('<p></p>').buffer,
      streamOf([bytesOf('<p>'), new DataView(bytesOf('</p>').buffer as ArrayBuffer)]),
      streamOf([]),
      streamOf(['<p>', '</p>']),
    ]) {
      const text: string = await untyped(setup().transform(new Response(body))).text();
      assert.ok(text === '<p></p>!' || text === '');
    }
  });

  test('the interface', () => {
    assert.equal(Object.prototype.toString.call(new HTMLRewriter()), '[object HTMLRewriter]');
    const rewriter = new HTMLRewriter();
    assert.equal(rewriter.on('a', {}), rewriter);
    assert.equal(rewriter.onDocument({}), rewriter);
    assert.throws(() => rewriter.on('a', { element: 1 }), {
      message: "Incorrect type for the 'element' field on 'ElementContentHandlers': the provided value is not of type 'function'.",
    });
    assert.throws(() => rewriter.onDocument({ end: null }), TypeError);
    assert.throws(() => rewriter.on('a', 1), TypeError);
  });
});

describe('handlers', () => {
  test('are methods of their object', async () => {
    class Handlers {
      seen: string[] = [];
      element(e: Token): void {
        this.seen.push(e.tagName);
      }
      text(t: Token): void {
        this.seen.push(t.text);
      }
    }
    const handlers = new Handlers();
    await rewrite('<p>a</p>', (r) => r.on('p', handlers));
    assert.deepEqual(handlers.seen, ['p', 'a', '']);
  });

  test('that return promises are waited for, in order', async () => {
    const order: string[] = [];
    const slow = async (name: string): Promise<void> => {
      order.push(`${name}+`);
      await turn();
      order.push(`${name}-`);
    };
    const out = await rewrite('<p>a</p><!--b-->', (r) =>
      r
        .on('p', {
          async element(e: Token) {
            await slow('element');
            e.setAttribute('a', '1').onEndTag(async (tag: Token) => {
              await slow('end tag');
              tag.before('3');
            });
          },
          async text(t: Token) {
            await slow('text');
            if (!t.lastInTextNode) t.replace('2');
          },
        })
        .on('*', { element: () => slow('second') })
        .onDocument({
          async comments(c: Token) {
            await slow('comment');
            c.remove();
          },
          async end(e: Token) {
            await slow('end');
            e.append('4');
          },
        }),
    );
    assert.equal(out, '<p a="1">23</p>4');
    assert.deepEqual(
      order,
      ['element', 'second', 'text', 'text', 'end tag', 'comment', 'end'].flatMap((name) => [`${name}+`, `${name}-`]),
    );
  });

  test('that return thenables are waited for as well, other objects are not', async () => {
    // biome-ignore lint/suspicious/noThenProperty: the thenable is the test
    const thenable = (e: Token): unknown => ({ then: (resolve: () => void) => void setImmediate(() => (e.before('1'), resolve())) });
    assert.equal(await rewrite('<p>', (r) => r.on('p', { element: thenable }).on('p', { element: (e: Token) => e.before('2') })), '12<p>');
  });

  for (const [name, fail] of [
    [
      'throw',
      () => {
        throw new Error('boom');
      },
    ],
    ['reject', () => Promise.reject(new Error('boom'))],
  ] as const) {
    test(`that ${name} end both streams`, async () => {
      for (const setup of [
        (r: HTMLRewriter) => r.on('p', { element: fail }),
        (r: HTMLRewriter) => r.on('p', { text: fail }),
        (r: HTMLRewriter) => r.on('p', { element: (e: Token) => void e.onEndTag(fail) }),
        (r: HTMLRewriter) => r.onDocument({ comments: fail }),
        (r: HTMLRewriter) => r.onDocument({ doctype: fail }),
      ]) {
        let cancelled: unknown;
        const source = new ReadableStream({
          pull: (controller: unknown) => untyped(controller).enqueue(bytesOf('<!doctype html><p>a</p><!--c-->')),
          cancel: (reason: unknown) => {
            cancelled = reason;
          },
        });
        const rewriter = new HTMLRewriter();
        setup(rewriter);
        await assert.rejects(untyped(rewriter.transform(new Response(source))).text(), { message: 'boom' });
        assert.equal(untyped(cancelled)?.message, 'boom');
      }
      await assert.rejects(
        rewrite('<p>', (r) => r.onDocument({ end: fail })),
        { message: 'boom' },
      );
    });
  }

  test('after a failure no handler runs any more', async () => {
    let count = 0;
    const failing = rewrite(['<p>', '<p>'], (r) =>
      r.on('p', {
        element() {
          count++;
          throw new Error('boom');
        },
      }),
    );
    await assert.rejects(failing);
    await turn();
    assert.equal(count, 1);
  });
});

describe('streaming', () => {
  test('a chunk is read only when one is asked for', async () => {
    let pulled = 0;
    const source = new ReadableStream(
      {
        pull(controller: unknown) {
          pulled++;
          untyped(controller).enqueue(bytesOf('<p>x</p>'));
        },
      },
      { highWaterMark: 0 },
    );
    const reader = untyped(new HTMLRewriter().on('p', { element() {} }).transform(new Response(source))).body.getReader() as unknown as Reader;
    await turn();
    assert.equal(pulled, 0);
    await reader.read();
    await turn();
    assert.equal(pulled, 1);
    await reader.cancel('enough');
  });

  test('what is ready is sent before a handler is waited for', async () => {
    let release = (): void => {};
    const reader = transformed('<b>ready</b><p>x</p>', (r) =>
      r.on('p', { element: (e: Token) => new Promise<void>((resolve) => (release = () => (e.before('!'), resolve()))) }),
    ).body.getReader() as unknown as Reader;
    assert.equal(new TextDecoder().decode((await reader.read()).value), '<b>ready</b>');
    const next = reader.read();
    release();
    assert.equal(new TextDecoder().decode((await next).value), '!<p>x</p>');
    assert.equal((await reader.read()).done, true);
  });

  test('a long stream of content is sent as it comes', async () => {
    let chunks = 0;
    const content = new ReadableStream(
      {
        pull(controller: unknown) {
          if (++chunks > 100) untyped(controller).close();
          else untyped(controller).enqueue(bytesOf('x'.repeat(65536)));
        },
      },
      { highWaterMark: 0 },
    );
    const reader = transformed('a<p>b', (r) => r.on('p', { element: (e: Token) => void e.before(content) })).body.getReader() as unknown as Reader;
    await reader.read();
    await turn();
    assert.ok(chunks < 4);
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
    }
    assert.ok(size >= 99 * 65536);
  });

  test('cancelling the result cancels the source', async () => {
    let reason: unknown;
    const source = new ReadableStream({
      cancel: (given: unknown) => {
        reason = given;
      },
    });
    const result = untyped(new HTMLRewriter().transform(new Response(source)));
    await result.body.cancel('no more');
    assert.equal(reason, 'no more');
  });

  test('a failing source fails the result', async () => {
    const source = new ReadableStream({ pull: () => Promise.reject(new Error('gone')) });
    await assert.rejects(untyped(new HTMLRewriter().transform(new Response(source))).text(), { message: 'gone' });
  });

  test('many small chunks that are there already do not fill the stack', async () => {
    const chunks = Array.from({ length: 20000 }, () => bytesOf('<i '));
    const source = new ReadableStream({
      start(controller: unknown) {
        for (const chunk of chunks) untyped(controller).enqueue(chunk);
        untyped(controller).close();
      },
    });
    assert.equal((await untyped(new HTMLRewriter().on('i', { element() {} }).transform(new Response(source))).text()).length, 60000);
  });

  test("the source's chunks are left alone", async () => {
    const chunk = bytesOf('<p>x</p>');
    await rewriteBytes(chunk, () => {});
    assert.equal(chunk.length, 8);
  });
});

describe('encodings', () => {
  const html = (...bytes: (string | number)[]): Uint8Array => Uint8Array.from(bytes.flatMap((it) => (typeof it === 'number' ? [it] : [...bytesOf(it)])));

  test('a single-byte encoding: text is read and written in it', async () => {
    const seen: string[] = [];
    const out = await rewriteBytes(
      html('<p title="', 0xc4, '">', 0xe4, '</p>', 0xff),
      (r) =>
        r.on('p[title=\u0414]', {
          element: (e: Token) => void e.setAttribute('b', '\u042f').before('\u20ac\u65e5'),
          text: (t: Token) => void (seen.push(t.text), t.after('\u0414')),
        }),
      'text/html; charset=windows-1251',
    );
    assert.deepEqual(seen, ['\u0434', '']);
    assert.deepEqual(out, html(0x88, '&#26085;<p title="', 0xc4, '" b="', 0xdf, '">', 0xe4, 0xc4, 0xc4, '</p>', 0xff));
  });

  test('a double-byte encoding', async () => {
    for (const [label, bytes] of [
      ['shift_jis', [0x93, 0xfa]],
      ['euc-jp', [0xc6, 0xfc]],
      ['gbk', [0xc8, 0xd5]],
      ['big5', [0xa4, 0xe9]],
      ['euc-kr', [0xec, 0xed]],
    ] as const) {
      const out = await rewriteBytes(
        html('<p>', ...bytes, '</p>'),
        (r) => r.on('p', { element: (e: Token) => void e.before('\u65e5') }),
        `text/html;charset="${label}"`,
      );
      assert.deepEqual(out, html(...bytes, '<p>', ...bytes, '</p>'), label);
    }
  });

  test('names that cannot be written in the encoding are refused', async () => {
    await rewriteBytes(
      '<p>x<!--c--></p>',
      (r) =>
        r.on('p', {
          element(e: Token) {
            assert.throws(() => (e.tagName = 'a\u65e5'), { message: /can't be represented in the document's character encoding/ });
            assert.throws(() => e.setAttribute('a\u65e5', ''), { message: /can't be represented/ });
          },
          comments: (c: Token) => void assert.throws(() => (c.text = '\u65e5'), { message: /can't be represented/ }),
        }),
      'text/html; charset=latin1',
    );
  });

  test('unknown encodings, and such as cannot be had', () => {
    const setup = (charset: string) => () => new HTMLRewriter().transform(new Response('x', { headers: { 'content-type': `text/html; charset=${charset}` } }));
    assert.throws(setup('invalid'), { name: 'TypeError', message: 'Parser error: Unknown character encoding has been provided.' });
    assert.throws(setup('utf-16'), { name: 'TypeError', message: 'Parser error: Expected ASCII-compatible encoding.' });
    assert.throws(setup('iso-2022-jp'), { message: 'Parser error: Expected ASCII-compatible encoding.' });
  });
});
