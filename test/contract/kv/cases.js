/** What a call comes to: its value, or the error it throws or rejects with. */
async function outcome(call) {
  let result;
  try {
    result = call();
  } catch (error) {
    return `throws ${error.name}: ${error.message}`;
  }
  if (!(result instanceof Promise)) return `returns ${typeof result}`;
  try {
    const value = await result;
    return value === undefined ? 'undefined' : value instanceof Map ? [...value] : value;
  } catch (error) {
    return `rejects with ${error.name}: ${error.message}`;
  }
}

/** The outcomes of several calls, one after the other. */
async function outcomes(...calls) {
  const all = [];
  for (const call of calls) all.push(await outcome(call));
  return all;
}

const bytes = (...values) => new Uint8Array(values);
const secondsNow = () => Math.floor(Date.now() / 1000);
/** The time differs between the two; its place in a message does not. */
const withoutTime = (text) => (typeof text === 'string' ? text.replace(/\d{10}/, 'TIME') : text);
const streamOf = (...chunks) =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
const hash = async (buffer) => [...new Uint8Array(await crypto.subtle.digest('SHA-256', buffer))].slice(0, 8);

export const cases = {
  'get: what was put': async ({ KV }) => {
    await KV.put('put', 'value');
    return KV.get('put');
  },
  'get: null for a missing key': ({ KV }) =>
    outcomes(
      () => KV.get('missing'),
      () => KV.get('missing', 'json'),
      () => KV.get('missing', 'stream'),
      () => KV.get('missing', 'no such type'),
    ),
  'get: every type': async ({ KV }) => {
    await KV.put('types', '{"a":[1,"ü€😀"]}');
    const buffer = await KV.get('types', 'arrayBuffer');
    const stream = await KV.get('types', { type: 'stream' });
    return [
      await KV.get('types', 'text'),
      await KV.get('types', { type: 'text' }),
      await KV.get('types', 'json'),
      buffer instanceof ArrayBuffer,
      [...new Uint8Array(buffer)],
      stream instanceof ReadableStream,
      await new Response(stream).text(),
    ];
  },
  'get: a stream is read chunk by chunk': async ({ KV }) => {
    await KV.put('read', 'chunks');
    let text = '';
    for await (const chunk of await KV.get('read', 'stream')) text += new TextDecoder().decode(chunk);
    return text;
  },
  'get: options that are no objects': async ({ KV }) => {
    await KV.put('options', 'v');
    return outcomes(
      ...[
        null,
        undefined,
        'text',
        '',
        'no such type',
        1,
        true,
        () => {},
        [],
        { type: undefined },
        { type: null },
        { type: 'no such type' },
        { type: 'text', cacheTtl: undefined },
      ].map((options) => () => KV.get('options', options)),
      () => KV.get('options', Symbol('s')),
    );
  },
  'get: cacheTtl': async ({ KV }) => {
    await KV.put('cacheTtl', 'v');
    const values = [30, 60, 60.7, '60', 29, 0, -5, 'x', null, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 1e20, -(2 ** 31) - 1];
    return outcomes(...values.map((cacheTtl) => () => KV.get('cacheTtl', { cacheTtl })));
  },
  'get: JSON that is none': async ({ KV }) => {
    await KV.put('no json', 'v');
    await KV.put('empty json', '');
    return outcomes(
      () => KV.get('no json', 'json'),
      () => KV.get('empty json', { type: 'json' }),
    );
  },
  'get: JSON with __proto__': async ({ KV }) => {
    await KV.put('proto json', '{"__proto__":1}');
    return Object.keys(await KV.get('proto json', 'json'));
  },
  'get: empty values': async ({ KV }) => {
    await KV.put('empty', '');
    const stream = await KV.get('empty', 'stream');
    return [
      await KV.get('empty'),
      (await KV.get('empty', 'arrayBuffer')).byteLength,
      await new Response(stream).text(),
      (await KV.getWithMetadata('empty')).value,
    ];
  },
  'get: bytes that are no UTF-8': async ({ KV }) => {
    await KV.put('no utf-8', bytes(0xff, 65, 0xe2, 0x82));
    return [await KV.get('no utf-8'), [...new Uint8Array(await KV.get('no utf-8', 'arrayBuffer'))]];
  },
  'get: a byte order mark stays': async ({ KV }) => {
    await KV.put('bom', bytes(0xef, 0xbb, 0xbf, 65));
    return [(await KV.get('bom')).length, (await KV.get('bom')).codePointAt(0)];
  },
  'get: a wrong number of arguments': ({ KV }) =>
    outcomes(
      () => KV.get(),
      () => KV.getWithMetadata(),
      () => KV.put(),
      () => KV.put('k'),
      () => KV.delete(),
    ),

  'keys: anything that becomes a string': async ({ KV }) => {
    await KV.put(1, 'number');
    await KV.put(null, 'null');
    await KV.put(undefined, 'undefined');
    await KV.put({ toString: () => 'object' }, 'object');
    return [await KV.get('1'), await KV.get('null'), await KV.get('undefined'), await KV.get('object')];
  },
  'keys: a symbol has no string': ({ KV }) =>
    outcomes(
      () => KV.get(Symbol('s')),
      () => KV.getWithMetadata(Symbol('s')),
      () => KV.get([Symbol('s')]),
      () => KV.put(Symbol('s'), 'v'),
      () => KV.delete(Symbol('s')),
      () => KV.put('k', Symbol('s')),
    ),
  'keys: not empty, not . or ..': ({ KV }) =>
    outcomes(
      ...['', '.', '..'].flatMap((key) => [
        () => KV.get(key),
        () => KV.getWithMetadata(key),
        () => KV.get([key]),
        () => KV.put(key, 'v'),
        () => KV.delete(key),
      ]),
    ),
  'keys: 512 bytes at most': async ({ KV }) => {
    const long = 'a'.repeat(512);
    await KV.put(long, 'long');
    await KV.put('ü'.repeat(256), 'umlauts');
    return [
      await KV.get(long),
      await KV.get('ü'.repeat(256)),
      ...(await outcomes(
        ...['a'.repeat(513), 'ü'.repeat(257), '😀'.repeat(129)].flatMap((key) => [
          () => KV.get(key),
          () => KV.getWithMetadata(key),
          () => KV.get(['a', key]),
          () => KV.put(key, 'v'),
          () => KV.delete(key),
          () => KV.list({ prefix: key }),
        ]),
      )),
    ];
  },
  'keys: any characters': async ({ KV }) => {
    const keys = ['a/b?c=d#e', '%2e', '%', ' ', '\n', '😀', '__proto__', 'constructor', '/', '?', 'http://x/', 'NUL \0 inside', '"\\'].map(
      (key) => `any ${key}`,
    );
    for (const key of keys) await KV.put(key, key);
    const read = [];
    for (const key of keys) read.push(await KV.get(key));
    return [read, (await KV.list({ prefix: 'any ' })).keys.map(({ name }) => name), [...(await KV.get(keys))]];
  },
  'keys: half a character': ({ KV }) =>
    outcomes(
      () => KV.put('half \ud800', 'v'),
      () => KV.get('half \ud800'),
      () => KV.getWithMetadata('half \ud800'),
      () => KV.delete('half \udc00'),
    ),

  'put: text': async ({ KV }) => {
    const read = [];
    for (const value of ['text', '', 'üñ€😀\0end', 1, true, null, undefined, 5n]) {
      await KV.put('text', value);
      read.push(await KV.get('text'));
    }
    return read;
  },
  'put: bytes': async ({ KV }) => {
    const read = [];
    const whole = bytes(1, 2, 3, 4, 255);
    for (const value of [whole, whole.buffer, whole.subarray(1, 3), new DataView(whole.buffer, 2, 2), new Uint16Array([258]), bytes()]) {
      await KV.put('bytes', value);
      read.push([...new Uint8Array(await KV.get('bytes', 'arrayBuffer'))]);
    }
    return read;
  },
  'put: the bytes are those of the call': async ({ KV }) => {
    const value = bytes(1, 2, 3);
    const put = KV.put('copied', value);
    value.fill(9);
    await put;
    return [value.byteLength, [...new Uint8Array(await KV.get('copied', 'arrayBuffer'))]];
  },
  'put: streams': async ({ KV }) => {
    const { readable, writable } = new FixedLengthStream(3);
    const writer = writable.getWriter();
    writer.write(bytes(65, 66, 67));
    writer.close();
    await KV.put('fixed', readable);
    await KV.put('stream', streamOf(bytes(65), bytes(), bytes(66, 67)));
    await KV.put('response', new Response('a response').body);
    await KV.put('empty stream', streamOf());
    await KV.put('from KV', await KV.get('response', 'stream'));
    return [await KV.get('fixed'), await KV.get('stream'), await KV.get('response'), await KV.get('empty stream'), await KV.get('from KV')];
  },
  'put: a stream that fails leaves what was there': async ({ KV }) => {
    await KV.put('fails', 'before');
    const fails = () =>
      new ReadableStream({
        start(controller) {
          controller.enqueue(bytes(65));
        },
        pull(controller) {
          controller.error(new RangeError('broken'));
        },
      });
    return [await outcome(() => KV.put('fails', fails())), await KV.get('fails')];
  },
  'put: a stream that is locked or used': async ({ KV }) => {
    const locked = streamOf(bytes(65));
    locked.getReader();
    const used = new Response('x').body;
    await new Response(used).text();
    return outcomes(
      () => KV.put('locked', locked),
      () => KV.put('used', used),
    );
  },
  'put: what is no value': ({ KV }) =>
    outcomes(
      ...[{}, [], () => 1, new Date(0), new String('x'), new Blob(['x']), new Response('x'), new URLSearchParams('a=b')].map(
        (value) => () => KV.put('no value', value),
      ),
    ),
  "put: takes another value's place, with everything": async ({ KV }) => {
    await KV.put('place', 'a', { metadata: { a: 1 }, expirationTtl: 1000 });
    await KV.put('place', 'b');
    return [await KV.getWithMetadata('place'), (await KV.list({ prefix: 'place' })).keys];
  },
  'put: 25 MiB at most': async ({ KV }) => {
    const most = 25 * 1024 * 1024;
    await KV.put('most', new Uint8Array(most).fill(7));
    const read = await KV.get('most', 'arrayBuffer');
    const chunk = new Uint8Array(1024 * 1024);
    const tooLong = [];
    for (let i = 0; i < 25; i++) tooLong.push(chunk);
    return [
      read.byteLength,
      await hash(read),
      ...(await outcomes(
        () => KV.put('more', new Uint8Array(most + 1)),
        () => KV.put('more', 'a'.repeat(most + 1)),
        () => KV.put('more', 'ü'.repeat(most / 2 + 1)),
        () => KV.put('more', streamOf(...tooLong, bytes(1))),
        () => KV.get('more'),
      )),
    ];
  },
  'put: large values, in every way': async ({ KV }) => {
    const read = [];
    for (const size of [64 * 1024, 64 * 1024 + 1, 1_000_000]) {
      const value = Uint8Array.from({ length: size }, (_, at) => 97 + (at % 26));
      const text = new TextDecoder().decode(value);
      await KV.put('large bytes', value, { metadata: { size } });
      await KV.put('large text', text);
      await KV.put('large stream', streamOf(value.subarray(0, 1000), value.subarray(1000)));
      const found = await KV.getWithMetadata('large bytes', 'arrayBuffer');
      read.push(
        await hash(found.value),
        found.metadata,
        (await KV.get('large bytes')) === text,
        (await KV.get('large text')) === text,
        await hash(await new Response(await KV.get('large stream', 'stream')).arrayBuffer()),
        (await KV.get(['large bytes', 'large text', 'large stream'])).get('large stream') === text,
      );
    }
    return read;
  },
  'put: a large text of wide characters': async ({ KV }) => {
    const text = '€😀ü'.repeat(100_000);
    await KV.put('wide', text);
    return (await KV.get('wide')) === text;
  },

  expirationTtl: async ({ KV }) => {
    const values = [60, 60.9, '120', 2 ** 31 - 1, 59, 1, 0, -1, 'x', null, true, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 1e12];
    return outcomes(...values.map((expirationTtl) => () => KV.put('ttl', 'v', { expirationTtl })));
  },
  expiration: async ({ KV }) => {
    const now = secondsNow();
    const values = [now + 100, now + 1000.5, 2 ** 31 - 1, now + 30, now - 1, 0, -1, 1, 'x', null, Number.NaN, 2 ** 31, 1e12];
    return (await outcomes(...values.map((expiration) => () => KV.put('expiration', 'v', { expiration })))).map(withoutTime);
  },
  'expirationTtl goes before expiration': async ({ KV }) => {
    await KV.put('both', 'v', { expiration: 1, expirationTtl: 100 });
    const [{ expiration }] = (await KV.list({ prefix: 'both' })).keys;
    return Math.abs(expiration - secondsNow() - 100) <= 1;
  },
  'expirationTtl: past the year 2038': async ({ KV }) => {
    await KV.put('late', 'v', { expirationTtl: 2 ** 31 - 1 });
    const [{ expiration }] = (await KV.list({ prefix: 'late' })).keys;
    return Math.abs(expiration - secondsNow() - 2 ** 31) <= 2;
  },
  'options of put that are none': ({ KV }) =>
    outcomes(...[undefined, null, {}, [], () => {}, 1, 'x', true].map((options) => () => KV.put('options of put', 'v', options))),

  'metadata: any JSON': async ({ KV }) => {
    const read = [];
    for (const metadata of [{ a: [1, null, 'ü'] }, [], 'text', '', 0, 1.5, true, false, null, undefined, 'üñ€😀\n"\\', { __proto__: null, a: undefined }]) {
      await KV.put('metadata', 'v', { metadata });
      read.push(await KV.getWithMetadata('metadata'), (await KV.list({ prefix: 'metadata' })).keys);
    }
    return read;
  },
  'metadata: what is no JSON': ({ KV }) => {
    const circle = {};
    circle.circle = circle;
    return outcomes(...[5n, () => 1, Symbol('s'), circle].map((metadata) => () => KV.put('no metadata', 'v', { metadata })), () =>
      KV.put('no metadata', 'v', {
        metadata: {
          toJSON() {
            throw new RangeError('not me');
          },
        },
      }),
    );
  },
  'metadata: 1024 bytes at most': async ({ KV }) => {
    const most = 'a'.repeat(1022);
    await KV.put('most metadata', 'v', { metadata: most });
    return [(await KV.getWithMetadata('most metadata')).metadata === most, await outcome(() => KV.put('more metadata', 'v', { metadata: `${most}a` }))];
  },

  'getWithMetadata: every type': async ({ KV }) => {
    await KV.put('with', '[1]', { metadata: { m: 1 } });
    const { value: stream, ...rest } = await KV.getWithMetadata('with', 'stream');
    const found = await KV.getWithMetadata('with');
    return [
      found,
      Object.keys(found),
      await KV.getWithMetadata('with', 'json'),
      [...new Uint8Array((await KV.getWithMetadata('with', { type: 'arrayBuffer' })).value)],
      await new Response(stream).text(),
      rest,
      await KV.getWithMetadata('missing'),
      Object.keys(await KV.getWithMetadata('missing')),
      await outcome(() => KV.getWithMetadata('with', 'no such type')),
      await outcome(() => KV.getWithMetadata('with', { cacheTtl: 1 })),
    ];
  },

  'several keys: a map in the order of the keys': async ({ KV }) => {
    await KV.put('several a', 'A');
    await KV.put('several b', 'B', { metadata: { b: 1 } });
    const map = await KV.get(['several b', 'missing', 'several a', 'several b']);
    return [map instanceof Map, [...map], [...(await KV.getWithMetadata(['several a', 'several b', 'missing']))]];
  },
  'several keys: JSON': async ({ KV }) => {
    await KV.put('json a', '{"a":1}', { metadata: 'a' });
    await KV.put('json b', '0');
    await KV.put('json c', 'null');
    await KV.put('json d', 'd');
    return outcomes(
      () => KV.get(['json a', 'json b', 'json c', 'missing'], 'json'),
      () => KV.get(['json a'], { type: 'json' }),
      () => KV.get(['json a', 'json d'], 'json'),
      () => KV.getWithMetadata(['json a', 'missing'], 'json'),
    );
  },
  'several keys: text or JSON': async ({ KV }) =>
    outcomes(
      ...['text', '', undefined, null, 'stream', 'arrayBuffer', 'no such type', { type: 'stream' }, 1].map((options) => () => KV.get(['missing'], options)),
    ),
  'several keys: 1 to 100': ({ KV }) => {
    const keys = Array.from({ length: 101 }, (_, at) => `missing ${at}`);
    return outcomes(
      () => KV.get([]),
      () => KV.get(keys),
      () => KV.getWithMetadata(keys),
      () => KV.get(keys.map(() => 'the same')),
      async () => (await KV.get(keys.slice(1))).size,
    );
  },
  'several keys: cacheTtl': ({ KV }) =>
    outcomes(
      () => KV.get(['missing'], { cacheTtl: 29 }),
      () => KV.get(['missing'], { cacheTtl: 60 }),
    ),
  'several keys: a set is no array': ({ KV }) => outcome(() => KV.get(new Set(['a']))),
  'several keys: what becomes of no strings': ({ KV }) => outcome(() => KV.get([null, undefined, {}, true])),
  'several keys: 25 MiB in all': async ({ KV }) => {
    await KV.put('half a', new Uint8Array(13 * 1024 * 1024).fill(97));
    await KV.put('half b', new Uint8Array(13 * 1024 * 1024).fill(98));
    return [(await KV.get(['half a'])).get('half a').length, await outcome(() => KV.get(['half a', 'half b']))];
  },
  'several keys: keys that look like numbers': async ({ KV }) => {
    await KV.put('7', 'seven');
    return [...(await KV.get(['7', 'missing']))];
  },
  'several keys: empty values with metadata': async ({ KV }) => {
    await KV.put('several empty', '', { metadata: 1 });
    return [...(await KV.getWithMetadata(['several empty']))];
  },

  'delete: gone, and no error where nothing was': async ({ KV }) => {
    await KV.put('deleted', 'v', { metadata: 1 });
    const results = await outcomes(
      () => KV.delete('deleted'),
      () => KV.delete('deleted'),
    );
    return [results, await KV.getWithMetadata('deleted'), (await KV.list({ prefix: 'deleted' })).keys];
  },
  'delete: an array is one key': async ({ KV }) => {
    await KV.put('one', 'v');
    await KV.put('one,two', 'v');
    await KV.delete(['one', 'two']);
    return [await KV.get('one'), await KV.get('one,two')];
  },

  'list: names, expiration and metadata': async ({ KV }) => {
    await KV.put('list a', 'v');
    await KV.put('list b', 'v', { expiration: 2_000_000_000, metadata: { b: [1] } });
    await KV.put('list c', 'v', { metadata: null });
    const listed = await KV.list({ prefix: 'list ' });
    return [listed, Object.keys(listed), listed.keys.map(Object.keys)];
  },
  'list: page by page': async ({ KV }) => {
    for (let at = 0; at < 5; at++) await KV.put(`page ${at}`, '');
    const pages = [];
    let cursor;
    do {
      const page = await KV.list({ prefix: 'page ', limit: 2, cursor });
      pages.push(page);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return pages;
  },
  'list: a full last page is the last': async ({ KV }) => {
    for (let at = 0; at < 4; at++) await KV.put(`full ${at}`, '');
    return KV.list({ prefix: 'full ', limit: 4 });
  },
  'list: a cursor holds while keys come and go': async ({ KV }) => {
    for (const name of ['b', 'd', 'f', 'h']) await KV.put(`moving ${name}`, '');
    const { cursor } = await KV.list({ prefix: 'moving ', limit: 2 });
    await KV.delete('moving d');
    await KV.put('moving a', '');
    await KV.put('moving e', '');
    return (await KV.list({ prefix: 'moving ', cursor })).keys.map(({ name }) => name);
  },
  'list: by bytes, and a prefix is no pattern': async ({ KV }) => {
    for (const key of [
      'order \uffff',
      'order \u{10000}',
      'order Z',
      'order a',
      'order _',
      'order ',
      'order é',
      'order %',
      'order *',
      'order [',
      'ORDER a',
      'order',
    ])
      await KV.put(key, '');
    const names = async (prefix) => (await KV.list({ prefix })).keys.map(({ name }) => name);
    return [
      await names('order'),
      await names('order _'),
      await names('order %'),
      await names('order *'),
      await names('order ['),
      await names('order \uffff'),
      await names('order \u{10000}'),
    ];
  },
  'list: limits': ({ KV }) =>
    outcomes(
      ...[1000, 1, 1.9, '2', 0, -1, 'x', null, undefined, Number.NaN, 1001, 2 ** 31 - 1, 2 ** 31, 1e12].map(
        (limit) => () => KV.list({ prefix: 'no such key', limit }),
      ),
    ),
  'list: options that are none': async ({ KV }) => {
    const calls = [undefined, null, {}, { prefix: null, cursor: null, limit: 1 }, { prefix: '', cursor: '', limit: 1 }, 1, 'x'].map(
      (options) => () => KV.list(options),
    );
    return (await outcomes(...calls)).map((listed) =>
      typeof listed === 'string' ? listed : [typeof listed.list_complete, Object.keys(listed).filter((key) => key !== 'cursor')],
    );
  },
  'list: prefixes become strings': async ({ KV }) => {
    await KV.put('12', '');
    return (await KV.list({ prefix: 12 })).keys;
  },
  'list: nothing': ({ KV }) =>
    outcomes(
      () => KV.list({ prefix: 'nothing here' }),
      () => KV.list({ prefix: '.' }),
    ),
  'list: a prefix with NUL': async ({ KV }) => {
    await KV.put('with \0 nul', '');
    return (await KV.list({ prefix: 'with \0' })).keys;
  },
  'list: a thousand at once': async ({ KV }) => {
    const puts = [];
    for (let at = 0; at < 950; at++) puts.push(KV.put(`thousand ${String(at).padStart(4, '0')}`, ''));
    await Promise.all(puts);
    const { keys, list_complete } = await KV.list({ prefix: 'thousand ' });
    return [keys.length, keys[0], keys.at(-1), list_complete];
  },

  'the object: its class and members': ({ KV }) => {
    const prototype = Object.getPrototypeOf(KV);
    const members = [];
    for (const member in KV) members.push(member);
    return [
      KV.constructor.name,
      Object.prototype.toString.call(KV),
      Object.keys(KV),
      members,
      Object.getOwnPropertyNames(prototype).sort(),
      Object.getOwnPropertyDescriptor(prototype, 'get'),
      Object.getPrototypeOf(prototype) === Object.prototype,
      typeof KvNamespace,
      typeof KVNamespace,
    ];
  },
  'the object: is not made by apps': ({ KV }) => outcome(() => new KV.constructor()),
  'the object: keeps its methods to itself': ({ KV }) =>
    outcomes(
      () => KV.get.call({}, 'k'),
      () => KV.put.call({}, 'k', 'v'),
      () => KV.list.call(undefined),
    ),
};
