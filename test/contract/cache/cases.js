/** The Cache API. Each case has a host of its own. */
const cached = (body, headers = {}, init = {}) => new Response(body, { ...init, headers: { 'cache-control': 'max-age=100', ...headers } });
const sorted = (headers) => [...headers].filter(([name]) => name !== 'date' && name !== 'age').sort(([a], [b]) => (a < b ? -1 : 1));
const failure = (work) => {
  try {
    const result = work();
    return result instanceof Promise ? result.then(String, (error) => `rejects ${error.name}: ${error.message}`) : String(result);
  } catch (error) {
    return `throws ${error.name}: ${error.message}`;
  }
};
const match = async (url, headers) => {
  const response = await caches.default.match(new Request(url, { headers }));
  if (response === undefined) return null;
  return [response.status, response.statusText, response.headers.get('content-range'), response.headers.get('content-length'), await response.text()];
};
/** What a match for each of these request headers comes to. */
const matches = async (url, many) => {
  const found = [];
  for (const headers of many) found.push(await match(url, headers));
  return found;
};
/** Which of these responses are kept. */
const kept = async (name, responses) => {
  const found = {};
  for (const [key, response] of Object.entries(responses)) {
    const url = `http://${name}/${encodeURIComponent(key)}`;
    await caches.default.put(url, response);
    const response2 = await caches.default.match(url);
    found[key] = response2 === undefined ? null : [response2.status, response2.headers.get('cache-control'), response2.headers.get('set-cookie')];
    await response2?.body?.cancel();
  }
  return found;
};

export const cases = {
  'put and match: the whole response': async () => {
    const put = await caches.default.put(
      'http://whole/',
      cached('abc', { etag: '"e"', 'x-y': '1', 'content-type': 'text/plain', vary: 'accept' }, { statusText: 'Fine' }),
    );
    const found = await caches.default.match('http://whole/');
    return [put === undefined, found.status, found.statusText, sorted(found.headers), found.url, found.redirected, found.type, found.ok, await found.text()];
  },
  'match: undefined for what is not there': async () => (await caches.default.match('http://missing/')) === undefined,
  'match: age and date are there': async () => {
    await caches.default.put('http://age/', cached('a'));
    const found = await caches.default.match('http://age/');
    return [/^\d+$/.test(found.headers.get('age')), Number.isNaN(Date.parse(found.headers.get('date')))];
  },
  'match: headers cannot be changed': async () => {
    await caches.default.put('http://immutable/', cached('a'));
    const found = await caches.default.match('http://immutable/');
    return failure(() => found.headers.set('a', 'b')).startsWith('throws TypeError');
  },
  'match: bytes as they were': async () => {
    const bytes = new Uint8Array(70_000).map((_, i) => i * 7);
    await caches.default.put('http://bytes/', cached(bytes));
    const found = new Uint8Array(await (await caches.default.match('http://bytes/')).arrayBuffer());
    return [found.length, found.every((byte, i) => byte === bytes[i])];
  },
  'put: a stream': async () => {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const encoder = new TextEncoder();
    const put = caches.default.put('http://stream/', cached(readable));
    for (const part of ['one ', 'two ', 'three']) await writer.write(encoder.encode(part));
    await writer.close();
    await put;
    return (await caches.default.match('http://stream/')).text();
  },
  'put: a large stream': async () => {
    const chunk = new Uint8Array(65_536).fill(7);
    let left = 20;
    const body = new ReadableStream({ pull: (controller) => (left-- > 0 ? controller.enqueue(chunk) : controller.close()) });
    await caches.default.put('http://large/', cached(body));
    const found = await (await caches.default.match('http://large/')).arrayBuffer();
    return [found.byteLength, new Uint8Array(found).every((byte) => byte === 7)];
  },
  'put: a clone, with the original read': async () => {
    const response = cached('original');
    const put = caches.default.put('http://clone/', response.clone());
    const text = await response.text();
    await put;
    return [text, await (await caches.default.match('http://clone/')).text()];
  },
  'put: replaces what was there': async () => {
    await caches.default.put('http://replace/', cached('one'));
    await caches.default.put('http://replace/', cached('two'));
    return (await caches.default.match('http://replace/')).text();
  },
  'put: what is out of date at once takes the place of what was there': async () => {
    const found = {};
    for (const control of ['max-age=0', 'max-age=-1', 'no-cache', 'no-store', 'private, max-age=100', `max-age=${'9'.repeat(20)}`]) {
      const url = `http://stale/${encodeURIComponent(control)}`;
      await caches.default.put(url, cached('old'));
      await caches.default.put(url, cached('new', { 'cache-control': control }));
      found[control] = (await match(url))?.at(-1) ?? null;
    }
    return found;
  },
  'put: no body, an empty one': async () => {
    await caches.default.put('http://nothing/', cached(null));
    await caches.default.put('http://empty/', cached(''));
    return [await match('http://nothing/'), await match('http://empty/')];
  },
  'put: uses the body up': async () => {
    const response = cached('a');
    await caches.default.put('http://used/', response);
    return [response.bodyUsed, await failure(() => caches.default.put('http://used/', response))];
  },
  'put: refuses': async () => [
    await failure(() => caches.default.put(new Request('http://r/', { method: 'POST' }), cached('a'))),
    await failure(() => caches.default.put(new Request('http://r/', { method: 'HEAD' }), cached('a'))),
    await failure(() => caches.default.put('http://r/', cached('a', {}, { status: 206 }))),
    await failure(() => caches.default.put('http://r/', cached('a', { vary: '*' }))),
    await failure(() => caches.default.put('http://r/', cached('a', { vary: 'accept, *' }))),
    await failure(() => caches.default.put('http://r/', Response.error())),
    await failure(() => caches.default.put('http://r/', 'text')),
    await failure(() => caches.default.put('http://r/')),
    await failure(() => caches.default.put('not a URL', cached('a'))),
  ],
  'put: takes a 304 without keeping it': async () => [
    await failure(() => caches.default.put('http://unchanged/', new Response(null, { status: 304, headers: { 'cache-control': 'max-age=100' } }))),
    (await caches.default.match('http://unchanged/')) === undefined,
  ],
  'put: statuses': () =>
    kept(
      'statuses',
      Object.fromEntries(
        [200, 201, 203, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 410, 414, 418, 429, 500, 501, 502, 503].map((status) => [
          `${status}`,
          cached('a', {}, { status }),
        ]),
      ),
    ),
  'put: Cache-Control and Expires': () =>
    kept('control', {
      'no-store': cached('a', { 'cache-control': 'no-store' }),
      'no-store and max-age': cached('a', { 'cache-control': 'no-store, max-age=100' }),
      private: cached('a', { 'cache-control': 'private, max-age=100' }),
      'no-cache': cached('a', { 'cache-control': 'no-cache, max-age=100' }),
      public: cached('a', { 'cache-control': 'public, max-age=100' }),
      'max-age of 0': cached('a', { 'cache-control': 'max-age=0' }),
      's-maxage wins': cached('a', { 'cache-control': 's-maxage=0, max-age=100' }),
      's-maxage': cached('a', { 'cache-control': 's-maxage=100, max-age=0' }),
      'must-revalidate': cached('a', { 'cache-control': 'max-age=100, must-revalidate' }),
      'proxy-revalidate': cached('a', { 'cache-control': 'max-age=100, proxy-revalidate' }),
      quoted: cached('a', { 'cache-control': 'max-age="100"' }),
      'expires later': new Response('a', { headers: { expires: 'Fri, 01 Jan 2100 00:00:00 GMT' } }),
      expired: new Response('a', { headers: { expires: 'Wed, 01 Jan 2020 00:00:00 GMT' } }),
      'no date': new Response('a', { headers: { expires: '0' } }),
      pragma: new Response('a', { headers: { pragma: 'no-cache' } }),
      'older than it may be': cached('a', { age: '200' }),
      'not that old': cached('a', { age: '20' }),
      cookie: cached('a', { 'set-cookie': 'a=1' }),
    }),
  'put: without Cache-Control': () =>
    kept('default', {
      200: new Response('a'),
      404: new Response('a', { status: 404 }),
      501: new Response('a', { status: 501 }),
    }),
  'put: private=Set-Cookie keeps all but the cookie': () =>
    kept('cookie', { one: cached('a', { 'cache-control': 'private=Set-Cookie, max-age=100', 'set-cookie': 'a=1' }) }),
  'put: directives in upper case': () => kept('upper', { one: cached('a', { 'cache-control': 'MAX-AGE=100' }) }),
  'put: stale-while-revalidate': () => kept('stale', { one: cached('a', { 'cache-control': 'max-age=0, stale-while-revalidate=100' }) }),
  'put: requests with authorization': async () => {
    const found = [];
    for (const control of ['max-age=100', 'public, max-age=100', 's-maxage=100', 'max-age=100, must-revalidate']) {
      const url = `http://authorized/${encodeURIComponent(control)}`;
      await caches.default.put(new Request(url, { headers: { authorization: 'x' } }), cached('a', { 'cache-control': control }));
      found.push((await caches.default.match(url)) !== undefined);
    }
    return found;
  },
  'match: the URL is the key, without its fragment': async () => {
    await caches.default.put('http://key/path?b=1&a=2#part', cached('one'));
    return Promise.all(
      [
        'http://key/path?b=1&a=2',
        'http://key/path?b=1&a=2#other',
        'http://key/path?a=2&b=1',
        'http://key/path',
        'https://key/path?b=1&a=2',
        'http://KEY/path?b=1&a=2',
      ].map((url) => match(url)),
    );
  },
  'match: a key of the program’s own': async () => {
    await caches.default.put(new Request('http://own/', { cf: { cacheKey: 'mine' } }), cached('a'));
    return [await match('http://own/'), await (await caches.default.match(new Request('http://another/', { cf: { cacheKey: 'mine' } }))).text()];
  },
  'match: Vary is not looked at': async () => {
    await caches.default.put(new Request('http://vary/', { headers: { accept: 'a' } }), cached('a', { vary: 'accept' }));
    return match('http://vary/', { accept: 'b' });
  },
  'match: no-store and no-cache of the request do not count': async () => {
    await caches.default.put('http://request-control/', cached('a'));
    return matches('http://request-control/', [{ 'cache-control': 'no-store' }, { 'cache-control': 'no-cache' }, { pragma: 'no-cache' }]);
  },
  'match: methods': async () => {
    await caches.default.put('http://methods/', cached('a'));
    const found = [];
    for (const method of ['GET', 'HEAD', 'POST', 'DELETE']) {
      const plain = await caches.default.match(new Request('http://methods/', { method }));
      const ignoring = await caches.default.match(new Request('http://methods/', { method }), { ignoreMethod: true });
      found.push([method, plain === undefined, await ignoring.text()]);
      await plain?.text();
    }
    return found;
  },
  'match: one range': async () => {
    await caches.default.put('http://range/', cached('0123456789', { 'content-type': 'text/plain' }));
    return matches(
      'http://range/',
      ['bytes=2-4', 'bytes=8-', 'bytes=-3', 'bytes=0-0', 'bytes=5-100', 'bytes=20-', 'bytes= 1 - 2 ', 'bytes=-100'].map((range) => ({ range })),
    );
  },
  'match: a range of a file': async () => {
    await caches.default.put('http://file-range/', cached(`${'x'.repeat(100_000)}end`));
    return matches('http://file-range/', [{ range: 'bytes=-3' }, { range: 'bytes=99999-100001' }]);
  },
  'match: ranges that are none': async () => {
    await caches.default.put('http://no-range/', cached('0123456789'));
    return matches(
      'http://no-range/',
      ['lines=1-2', 'bytes=5-2', 'bytes=a-b', 'bytes=-'].map((range) => ({ range })),
    );
  },
  'match: several ranges': async () => {
    await caches.default.put('http://ranges/', cached('0123456789'));
    const found = await caches.default.match(new Request('http://ranges/', { headers: { range: 'bytes=0-1,3-4' } }));
    return [found.status, (await found.text()).length < 20];
  },
  'match: If-None-Match': async () => {
    await caches.default.put('http://tag/', cached('a', { etag: '"one"' }));
    return matches(
      'http://tag/',
      ['"one"', 'W/"one"', '"two"', '"two", "one"', '*', 'one', ''].map((tag) => ({ 'if-none-match': tag })),
    );
  },
  'match: If-None-Match, a weak tag': async () => {
    await caches.default.put('http://weak/', cached('a', { etag: 'W/"one"' }));
    return matches(
      'http://weak/',
      ['"one"', 'W/"one"', '"two"'].map((tag) => ({ 'if-none-match': tag })),
    );
  },
  'match: If-Modified-Since': async () => {
    await caches.default.put('http://modified/', cached('a', { 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' }));
    const dates = ['Thu, 01 Jan 2026 00:00:00 GMT', 'Fri, 02 Jan 2026 00:00:00 GMT', 'Wed, 31 Dec 2025 00:00:00 GMT', 'yesterday'];
    return matches(
      'http://modified/',
      dates.map((date) => ({ 'if-modified-since': date })),
    );
  },
  'match: both conditions': async () => {
    await caches.default.put('http://conditions/', cached('a', { etag: '"one"', 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' }));
    return matches('http://conditions/', [
      { 'if-none-match': '"one"', 'if-modified-since': 'Wed, 31 Dec 2025 00:00:00 GMT' },
      { 'if-none-match': '"one"', range: 'bytes=0-0' },
    ]);
  },
  'delete: tells whether there was something': async () => {
    await caches.default.put('http://delete/', cached('a'));
    return [
      await caches.default.delete(new Request('http://delete/', { method: 'POST' })),
      await caches.default.delete('http://delete/'),
      await caches.default.delete('http://delete/'),
      (await caches.default.match('http://delete/')) === undefined,
    ];
  },
  'delete: ignoreMethod': async () => {
    await caches.default.put('http://delete-any/', cached('a'));
    return caches.default.delete(new Request('http://delete-any/', { method: 'POST' }), { ignoreMethod: true });
  },
  'open: a cache for each name': async () => {
    const one = await caches.open('one');
    const two = await caches.open('two');
    await one.put('http://named/', cached('a'));
    return [
      await (await one.match('http://named/')).text(),
      (await two.match('http://named/')) === undefined,
      (await caches.default.match('http://named/')) === undefined,
      await (await (await caches.open('one')).match('http://named/')).text(),
      await two.delete('http://named/'),
      await one.delete('http://named/'),
    ];
  },
  'open: "default" is not the default cache': async () => {
    await caches.default.put('http://default-name/', cached('a'));
    return [
      (await (await caches.open('default')).match('http://default-name/')) === undefined,
      (await (await caches.open('')).match('http://default-name/')) === undefined,
    ];
  },
  'open: names': async () => [
    await failure(() => caches.open('a'.repeat(1023))),
    await failure(() => caches.open('a'.repeat(1024))),
    await failure(() => caches.open()),
    await failure(() => caches.open(1)),
  ],
  'what is not implemented': async () => [
    await failure(() => caches.default.add('http://x/')),
    await failure(() => caches.default.addAll(['http://x/'])),
    await failure(() => caches.default.matchAll()),
    await failure(() => caches.default.keys()),
    await failure(() => caches.match('http://x/')),
    await failure(() => caches.has('x')),
    await failure(() => caches.delete('x')),
    await failure(() => caches.keys()),
    await failure(() => caches.default.match('http://x/', { ignoreSearch: true })),
    await failure(() => caches.default.match('http://x/', { ignoreVary: false })),
    await failure(() => caches.default.delete('http://x/', { cacheName: 'a' })),
  ],
  arguments: async () => [
    await failure(() => caches.default.match()),
    await failure(() => caches.default.match('relative')),
    await failure(() => caches.default.match('http://x/', 5)),
    await failure(() => caches.default.delete()),
    await failure(() => caches.default.match('http://x/', null)),
    await failure(() => caches.default.match(new URL('http://x/'))),
  ],
  'the objects': () => [
    String(caches),
    String(caches.default),
    Object.is(caches.default, caches.default),
    failure(() => new Cache()),
    failure(() => new CacheStorage()),
    Object.getOwnPropertyNames(caches),
    Object.keys(Object.getOwnPropertyDescriptors(Cache.prototype)).sort(),
    Object.keys(Object.getOwnPropertyDescriptors(CacheStorage.prototype)).sort(),
    caches instanceof CacheStorage,
    caches.default instanceof Cache,
    typeof Cache.prototype.match,
  ],
};
