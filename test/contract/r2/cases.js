/** What is the same on both sides of an object: no version, no time, and a storage class where one was asked for. */
const shown = (object) => {
  if (object === null || object === undefined) return object ?? null;
  const { version, uploaded, storageClass, ...rest } = object;
  return {
    ...JSON.parse(JSON.stringify(rest)),
    hasVersion: /^[0-9a-f]{32}$/.test(version),
    isDate: uploaded instanceof Date,
    tag: Object.prototype.toString.call(object),
    hasBody: 'body' in object,
  };
};
const failure = async (promise) => {
  try {
    return { value: shown(await promise) };
  } catch (error) {
    return `${error.constructor.name}: ${error.message}`;
  }
};
const failures = async (...calls) => {
  const all = [];
  for (const call of calls) all.push(await failure((async () => call())()));
  return all;
};
const bytes = (length, value = 7) => new Uint8Array(length).fill(value);
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const MiB = 1024 * 1024;
const PART = 5 * MiB;

export const cases = {
  'bucket: what it is': ({ R2 }) => [Object.prototype.toString.call(R2), R2.constructor.name, Object.keys(R2), typeof R2.get],
  'put: what it answers': async ({ R2 }) => shown(await R2.put('put/answer', 'hello')),
  'put: every type of value': async ({ R2 }) => {
    const fixed = new FixedLengthStream(5);
    const writer = fixed.writable.getWriter();
    writer.write(new TextEncoder().encode('fixed'));
    writer.close();
    const values = {
      string: 'héllo',
      empty: '',
      buffer: new TextEncoder().encode('buffer').buffer,
      view: new Uint8Array([0, 1, 2, 3, 4]).subarray(1, 3),
      dataView: new DataView(new Uint8Array([9, 8, 7]).buffer, 1),
      blob: new Blob(['bl', 'ob'], { type: 'text/x' }),
      null: null,
      undefined: undefined,
      stream: fixed.readable,
      response: new Response('of a response').body,
    };
    const result = {};
    for (const [name, value] of Object.entries(values)) {
      const put = await R2.put(`put/types/${name}`, value);
      result[name] = [put.size, put.etag, await (await R2.get(`put/types/${name}`)).text()];
    }
    return result;
  },
  'put: a stream of unknown length': ({ R2 }) => failure(R2.put('put/unknown', new ReadableStream({ start: (c) => c.close() }))),
  'put: a transform stream': ({ R2 }) => failure(R2.put('put/unknown', new Response('x').body.pipeThrough(new TransformStream()))),
  'put: what is no value': ({ R2 }) => failures(...[1, {}, true].map((value) => () => R2.put('put/wrong', value))).then((all) => all.map((one) => typeof one)),
  'put: a stream that fails leaves what was there': async ({ R2 }) => {
    await R2.put('put/failing', 'before');
    const fixed = new FixedLengthStream(10);
    const writer = fixed.writable.getWriter();
    const put = R2.put('put/failing', fixed.readable).then(
      () => 'stored',
      () => 'refused',
    );
    await writer.write(bytes(3));
    await writer.abort(new Error('enough')).catch(() => {});
    return [await put, await (await R2.get('put/failing')).text()];
  },
  'put: too few bytes': async ({ R2 }) => {
    const fixed = new FixedLengthStream(10);
    const writer = fixed.writable.getWriter();
    const put = R2.put('put/short', fixed.readable).then(
      () => 'stored',
      () => 'refused',
    );
    await writer.write(bytes(3));
    await writer.close().catch(() => {});
    return [await put, await R2.get('put/short')];
  },
  'put: replaces': async ({ R2 }) => {
    const first = await R2.put('put/twice', 'one', { customMetadata: { a: 'b' } });
    const second = await R2.put('put/twice', 'two!');
    const got = await R2.get('put/twice');
    return [first.version !== second.version, shown(got), await got.text()];
  },
  'put: httpMetadata as an object': async ({ R2 }) => {
    const httpMetadata = {
      contentType: 'text/x',
      contentLanguage: 'de',
      contentDisposition: 'inline',
      contentEncoding: 'identity',
      cacheControl: 'max-age=1',
      cacheExpiry: new Date('2030-01-02T03:04:05.678Z'),
    };
    const put = await R2.put('http/object', 'x', { httpMetadata });
    const headers = new Headers({ 'x-other': '1' });
    (await R2.head('http/object')).writeHttpMetadata(headers);
    return [put.httpMetadata, put.httpMetadata.cacheExpiry instanceof Date, (await R2.head('http/object')).httpMetadata, [...headers]];
  },
  'put: httpMetadata as headers': async ({ R2 }) => {
    const headers = new Headers({
      'content-type': 'text/y',
      'content-language': 'fr',
      'content-disposition': 'attachment; filename="a"',
      'content-encoding': 'br',
      'cache-control': 'no-store',
      expires: 'Wed, 02 Jan 2030 03:04:05 GMT',
      'x-other': 'no',
    });
    await R2.put('http/headers', 'x', { httpMetadata: headers });
    return (await R2.head('http/headers')).httpMetadata;
  },
  'put: customMetadata': async ({ R2 }) => {
    await R2.put('custom', 'x', { customMetadata: { Name: 'Välue', number: 1, empty: '' } });
    return (await R2.get('custom')).customMetadata;
  },
  'put: customMetadata at and over its limit': ({ R2 }) =>
    failures(
      () =>
        R2.put('custom/limit', 'x', { customMetadata: { k: 'v'.repeat(2047) } })
          .then((o) => ({ ...o, customMetadata: 0 }))
          .then(() => null),
      () => R2.put('custom/limit', 'x', { customMetadata: { k: 'v'.repeat(2048) } }),
      () => R2.put('custom/limit', 'x', { customMetadata: { k: 'ü'.repeat(2047) } }).then(() => null),
      () => R2.put('custom/limit', 'x', { customMetadata: { k: '☃'.repeat(1024) } }),
    ),
  'put: checksums that fit': async ({ R2 }) => {
    const data = new TextEncoder().encode('check me');
    const result = [];
    for (const [field, algorithm] of [
      ['md5', 'MD5'],
      ['sha1', 'SHA-1'],
      ['sha256', 'SHA-256'],
      ['sha384', 'SHA-384'],
      ['sha512', 'SHA-512'],
    ]) {
      const digest = await crypto.subtle.digest(algorithm, data);
      await R2.put('checksum', data, { [field]: digest });
      const put = await R2.put('checksum', data, { [field]: hex(digest).toUpperCase() });
      const got = await R2.head('checksum');
      result.push([put.checksums.toJSON(), JSON.stringify(got.checksums), got.checksums[field] instanceof ArrayBuffer, hex(got.checksums[field])]);
    }
    return result;
  },
  'put: checksums that do not fit': ({ R2 }) =>
    failures(
      () => R2.put('checksum/bad', 'x', { md5: '0'.repeat(32) }),
      () => R2.put('checksum/bad', 'x', { sha1: bytes(20) }),
      () => R2.put('checksum/bad', 'x', { sha256: '1'.repeat(64) }),
      () => R2.put('checksum/bad', 'x', { sha384: bytes(48).buffer }),
      () => R2.put('checksum/bad', 'x', { sha512: '2'.repeat(128) }),
      () => R2.get('checksum/bad'),
    ),
  'put: checksums that are none': ({ R2 }) =>
    failures(
      () => R2.put('checksum/bad', 'x', { md5: 'abc' }),
      () => R2.put('checksum/bad', 'x', { md5: 'z'.repeat(32) }),
      () => R2.put('checksum/bad', 'x', { md5: bytes(15) }),
      () => R2.put('checksum/bad', 'x', { sha1: 'abc' }),
      () => R2.put('checksum/bad', 'x', { sha256: bytes(1) }),
      () => R2.put('checksum/bad', 'x', { sha384: 'g'.repeat(96) }),
      () => R2.put('checksum/bad', 'x', { sha512: bytes(63) }),
      () => R2.put('checksum/bad', 'x', { md5: '0'.repeat(32), sha1: bytes(20) }),
    ),
  'put: onlyIf': async ({ R2 }) => {
    const { etag } = await R2.put('put/if', 'first');
    const put = async (onlyIf) => (await R2.put('put/if', 'first', { onlyIf })) !== null;
    return [
      await put({ etagMatches: etag }),
      await put({ etagMatches: 'other' }),
      await put({ etagMatches: '*' }),
      await put({ etagDoesNotMatch: etag }),
      await put({ etagDoesNotMatch: 'other' }),
      await put({ etagDoesNotMatch: '*' }),
      await put({ uploadedBefore: new Date(Date.now() + 60_000) }),
      await put({ uploadedBefore: new Date(Date.now() - 60_000) }),
      await put({ uploadedAfter: new Date(Date.now() + 60_000) }),
      await put({ uploadedAfter: new Date(Date.now() - 60_000) }),
      await put(new Headers({ 'if-none-match': '*' })),
      await put(new Headers({ 'if-match': `"${etag}"` })),
      await (await R2.get('put/if')).text(),
    ];
  },
  'put: onlyIf, where there is nothing': async ({ R2 }) => {
    const put = async (onlyIf) => {
      await R2.delete('put/if/none');
      return (await R2.put('put/if/none', 'x', { onlyIf })) !== null;
    };
    return [
      await put({ etagMatches: 'x' }),
      await put({ etagMatches: '*' }),
      await put({ etagDoesNotMatch: 'x' }),
      await put({ etagDoesNotMatch: '*' }),
      await put({ uploadedBefore: new Date() }),
      await put({ uploadedAfter: new Date(0) }),
    ];
  },
  'put: a refused one leaves nothing': async ({ R2 }) => {
    await R2.put('put/if/big', bytes(MiB), { onlyIf: { etagMatches: 'x' } });
    return R2.get('put/if/big');
  },
  'put: a large one': async ({ R2 }) => {
    const put = await R2.put('put/large', bytes(3 * MiB, 1));
    const got = await R2.get('put/large');
    const buffer = await got.arrayBuffer();
    return [put.size, put.etag, buffer.byteLength, new Uint8Array(buffer).every((byte) => byte === 1)];
  },
  'put: a key of 1024 bytes, and one of 1025': ({ R2 }) =>
    failures(
      () => R2.put('ü'.repeat(512), 'x').then((o) => o.key.length),
      () => R2.put(`${'ü'.repeat(512)}x`, 'x'),
      () => R2.get('x'.repeat(1025)),
      () => R2.head('x'.repeat(1025)),
      () => R2.delete('x'.repeat(1025)),
      () => R2.createMultipartUpload('x'.repeat(1025)),
    ),
  'put: unusual keys': async ({ R2 }) => {
    const result = [];
    for (const key of ['unusual/../a', 'unusual//', 'unusual/ ?#%2F', 'unusual/😀', 'unusual/\n', 'unusual/\'"--']) {
      await R2.put(key, key);
      result.push([(await R2.head(key)).key, await (await R2.get(key)).text()]);
    }
    return result;
  },
  'put: options of the wrong type': ({ R2 }) =>
    failures(
      () => R2.put('wrong', 'x', { onlyIf: { etagMatches: '"quoted"' } }),
      () => R2.put('wrong', 'x', { onlyIf: { etagDoesNotMatch: '"quoted"' } }),
      () => R2.put('wrong', 'x', { ssecKey: 'zz' }),
      () => R2.put('wrong', 'x', { ssecKey: 'ab' }),
      () => R2.put('wrong', 'x', { ssecKey: bytes(3) }),
    ),
  'arguments: that are not there, or nothing': async ({ R2 }) =>
    failures(
      ...[
        () => R2.get(),
        () => R2.head(),
        () => R2.put(),
        () => R2.put('arguments'),
        () => R2.delete(),
        () => R2.createMultipartUpload(),
        () => R2.resumeMultipartUpload('arguments'),
        () => R2.get(Symbol('s')),
        () => R2.put('arguments', 5),
        () => R2.put('arguments', 'x', null),
        () => R2.put('arguments', 'x', { onlyIf: null, httpMetadata: null }),
        () => R2.put('arguments', 'x', { customMetadata: ['x'] }),
        () => R2.put('arguments', 'x', { httpMetadata: { cacheExpiry: new Date(Number.NaN) } }),
        () => R2.put('arguments', 'x', { onlyIf: { uploadedBefore: new Date(Number.NaN) } }),
        () => R2.put('arguments', 'x', { md5: null }),
        () => R2.get('arguments/none', null),
        () => R2.get('arguments/none', { range: null, onlyIf: null }),
        () => R2.get('arguments', { range: { offset: 2n } }),
        () => R2.get('arguments', { range: { offset: Number.NaN } }),
        () => R2.get('arguments', { range: { length: Number.POSITIVE_INFINITY } }).then((object) => ({ ...object, range: undefined })),
        () => R2.list({ include: 'httpMetadata' }),
        () => R2.list({ include: [5] }),
        () => R2.list({ limit: 1e12 }),
        async () => (await R2.head('arguments')).writeHttpMetadata(),
        async () => (await R2.head('arguments')).writeHttpMetadata({}),
      ],
      async () => {
        await R2.list(null);
      },
    ),
  'upload: arguments that are not there': async ({ R2 }) => {
    const upload = await R2.createMultipartUpload('m/arguments', null);
    return failures(
      () => upload.uploadPart(),
      () => upload.uploadPart(1),
      () => upload.uploadPart(1, null),
      () => upload.uploadPart(1, 5),
      () => upload.complete(),
    );
  },
  'put: streams whose length is known': async ({ R2 }) => {
    await R2.put('put/length', '0123456789');
    await caches.default.put('http://length/', new Response('cached', { headers: { 'cache-control': 'max-age=100' } }));
    const body = async () => (await R2.get('put/length')).body;
    const streams = [
      new Response('text').clone().body,
      new Request('http://x', { method: 'POST', body: new Uint8Array(3) }).clone().body,
      new Blob(['x'.repeat(100_000)]).stream().tee()[1],
      (await body()).tee()[0],
      new Response(await body()).clone().body,
      (await caches.default.match('http://length/')).body.tee()[0],
    ];
    const [read, kept] = (await body()).tee();
    await new Response(read).text();
    streams.push(kept);
    const sizes = [];
    for (const stream of streams) sizes.push((await R2.put('put/length/put', stream)).size);
    return sizes;
  },
  'head: an object without its bytes': async ({ R2 }) => {
    await R2.put('head', 'abc', { httpMetadata: { contentType: 'text/z' }, customMetadata: { a: '1' } });
    const head = await R2.head('head');
    return [shown(head), Object.keys(head).sort(), head.httpEtag];
  },
  'head: null for a missing key': ({ R2 }) => R2.head('missing'),
  'head: what is known cannot be set': async ({ R2 }) => {
    const object = await R2.put('head/readonly', 'x');
    try {
      object.key = 'other';
    } catch (error) {
      return [error.name, object.key];
    }
    return object.key;
  },
  'get: null for a missing key': ({ R2 }) => R2.get('missing'),
  'get: the ways to read': async ({ R2 }) => {
    const put = () => R2.get('get/ways');
    await R2.put('get/ways', '{"a":[1,"ü"]}', { httpMetadata: { contentType: 'application/json' } });
    const blob = await (await put()).blob();
    const reader = (await put()).body.getReader();
    const chunk = await reader.read();
    return [
      await (await put()).text(),
      await (await put()).json(),
      hex(await (await put()).arrayBuffer()),
      hex((await (await put()).bytes()).buffer),
      [blob.size, blob.type, await blob.text()],
      [chunk.done, chunk.value.length],
      typeof (await put()).formData,
    ];
  },
  'get: a body is used once': async ({ R2 }) => {
    await R2.put('get/once', 'once');
    const object = await R2.get('get/once');
    const before = object.bodyUsed;
    await object.text();
    return [before, object.bodyUsed, await failure(object.text())];
  },
  'get: JSON of an object': async ({ R2 }) => {
    await R2.put('get/json', 'x', { customMetadata: { a: 'b' } });
    const { uploaded, version, storageClass, ...rest } = JSON.parse(JSON.stringify(await R2.get('get/json')));
    return [rest, typeof uploaded];
  },
  'get: ranges': async ({ R2 }) => {
    await R2.put('get/range', '0123456789');
    const read = async (range) => {
      try {
        const object = await R2.get('get/range', { range });
        return [await object.text(), object.range, object.size];
      } catch (error) {
        return `${error.constructor.name}: ${error.message}`;
      }
    };
    const result = [];
    for (const range of [
      undefined,
      {},
      { offset: 3 },
      { offset: 3, length: 4 },
      { length: 2 },
      { suffix: 3 },
      { suffix: 30 },
      { offset: 9, length: 100 },
      { offset: 10 },
      { offset: 11 },
      { length: 0 },
      { suffix: 0 },
      { offset: -1 },
      { length: -1 },
      { suffix: -1 },
      { offset: 1.5 },
      { length: 1.5 },
      { suffix: 1.5 },
      { suffix: 1, offset: 1 },
      { suffix: 1, length: 1 },
      { offset: 0, length: 1 },
    ])
      result.push([range ?? null, await read(range)]);
    return result;
  },
  'get: ranges of headers': async ({ R2 }) => {
    await R2.put('get/range/headers', '0123456789');
    const result = [];
    for (const range of [
      'bytes=2-4',
      'bytes=2-',
      'bytes=-2',
      'bytes=0-0',
      'bytes=5-100',
      'bytes=20-30',
      'bytes=4-2',
      'bytes=0-1,3-4',
      'bytes=',
      'bytes=-0',
      'lines=1-2',
      'bytes = 1-2',
      'bytes=-100',
    ]) {
      const object = await R2.get('get/range/headers', { range: new Headers({ range }) });
      result.push([range, await object.text(), object.range]);
    }
    result.push(await (await R2.get('get/range/headers', { range: new Headers() })).text());
    return result;
  },
  'get: ranges of a large object': async ({ R2 }) => {
    const data = bytes(MiB);
    for (let i = 0; i < data.length; i++) data[i] = i % 251;
    await R2.put('get/range/large', data);
    const result = [];
    for (const range of [{ offset: 70_000, length: 5 }, { suffix: 3 }, { offset: MiB - 2 }]) {
      const object = await R2.get('get/range/large', { range });
      result.push([hex(await object.arrayBuffer()), object.range]);
    }
    return result;
  },
  'get: a range of an empty object': async ({ R2 }) => {
    await R2.put('get/empty', '');
    const object = await R2.get('get/empty');
    return [await object.text(), object.size, object.range, await failure(R2.get('get/empty', { range: { offset: 0 } }))];
  },
  'get: onlyIf': async ({ R2 }) => {
    const { etag } = await R2.put('get/if', 'value');
    const get = async (onlyIf) => {
      try {
        const object = await R2.get('get/if', { onlyIf });
        return ['body' in object, Object.prototype.toString.call(object), object.range];
      } catch (error) {
        return `${error.constructor.name}: ${error.message}`;
      }
    };
    const soon = new Date(Date.now() + 60_000);
    const past = new Date(Date.now() - 60_000);
    const result = [];
    for (const onlyIf of [
      { etagMatches: etag },
      { etagMatches: 'other' },
      { etagMatches: '*' },
      { etagDoesNotMatch: etag },
      { etagDoesNotMatch: 'other' },
      { uploadedBefore: soon },
      { uploadedBefore: past },
      { uploadedAfter: soon },
      { uploadedAfter: past },
      { uploadedAfter: past, secondsGranularity: true },
      { etagMatches: etag, uploadedBefore: past },
      { etagMatches: 'other', uploadedBefore: soon },
      { etagDoesNotMatch: 'other', uploadedAfter: soon },
      { etagDoesNotMatch: etag, uploadedAfter: past },
      {},
    ])
      result.push(await get(onlyIf));
    for (const headers of [
      { 'if-match': `"${etag}"` },
      { 'if-match': `W/"${etag}"` },
      { 'if-none-match': `W/"${etag}"` },
      { 'if-none-match': `"a", "${etag}"` },
      { 'if-none-match': '"a", , "b"' },
      { 'if-match': '*' },
      { 'if-match': '"a", *' },
      { 'if-match': '"a" "b"' },
      { 'if-match': '"a" *' },
      { 'if-match': '"a" W/"b"' },
      { 'if-match': '"unclosed' },
      { 'if-match': 'W"a"' },
      { 'if-match': 'W/a"b"' },
      { 'if-match': 'nothing' },
      { 'if-modified-since': soon.toUTCString() },
      { 'if-modified-since': past.toUTCString() },
      { 'if-unmodified-since': soon.toUTCString() },
      { 'if-unmodified-since': past.toUTCString() },
      {},
    ])
      result.push(
        [headers['if-match'] ?? headers['if-none-match'] ?? null, await get(new Headers(headers))].map((x) =>
          typeof x === 'string' ? x.replaceAll(etag, 'ETAG') : x,
        ),
      );
    return result;
  },
  'get: a replaced object is read to its end': async ({ R2 }) => {
    await R2.put('get/replaced', bytes(2 * MiB, 1));
    const object = await R2.get('get/replaced');
    await R2.put('get/replaced', bytes(2 * MiB, 2));
    const old = new Uint8Array(await object.arrayBuffer());
    const now = new Uint8Array(await (await R2.get('get/replaced')).arrayBuffer());
    return [old.length, old.every((byte) => byte === 1), now.every((byte) => byte === 2)];
  },
  'get: a deleted object is read to its end': async ({ R2 }) => {
    await R2.put('get/deleted', bytes(2 * MiB, 1));
    const object = await R2.get('get/deleted');
    await R2.delete('get/deleted');
    return [(await object.arrayBuffer()).byteLength, await R2.get('get/deleted')];
  },
  'get: one object into another': async ({ R2 }) => {
    await R2.put('get/source', bytes(200_000, 5));
    const put = await R2.put('get/target', (await R2.get('get/source')).body);
    return [put.size, put.etag === (await R2.head('get/source')).etag];
  },
  'delete: one, many, missing ones': async ({ R2 }) => {
    for (const key of ['d/1', 'd/2', 'd/3', 'd/4']) await R2.put(key, key);
    const results = [await R2.delete('d/1'), await R2.delete(['d/2', 'd/3', 'd/missing']), await R2.delete([]), await R2.delete('d/none')];
    const left = await R2.list({ prefix: 'd/' });
    return [results.map((one) => one === undefined), left.objects.map((object) => object.key)];
  },
  'list: what it answers': async ({ R2 }) => {
    await R2.put('l/a/1', 'x', { httpMetadata: { contentType: 'a/b' }, customMetadata: { c: 'd' } });
    const list = await R2.list({ prefix: 'l/a/', include: ['httpMetadata', 'customMetadata'] });
    return [Object.keys(list), list.objects.map(shown), list.truncated, list.delimitedPrefixes];
  },
  'list: metadata that was not asked for': async ({ R2 }) => {
    await R2.put('l/bare', 'x', { httpMetadata: { contentType: 'a/b' }, customMetadata: { c: 'd' } });
    const [object] = (await R2.list({ prefix: 'l/bare' })).objects;
    return [object.httpMetadata ?? null, object.customMetadata ?? null];
  },
  'put: storageClass': async ({ R2 }) => {
    const put = await R2.put('class', 'x', { storageClass: 'InfrequentAccess' });
    return [put.storageClass, (await R2.put('class', 'x')).storageClass];
  },
  'ssecKey: what was put with a key is got with it': async ({ R2 }) => {
    const [hex, buffer] = ['ab'.repeat(32), new Uint8Array(32).fill(0xab)];
    const result = [];
    for (const [at, size] of [0, 10, 1000, 65_536, 65_537, 200_000].entries()) {
      const value = Uint8Array.from({ length: size }, (_, at) => at % 251);
      const put = await R2.put(`ssec/${at}`, value, { ssecKey: at % 2 === 0 ? hex : buffer.buffer });
      const got = await R2.get(`ssec/${at}`, { ssecKey: at % 2 === 0 ? buffer : hex });
      const body = new Uint8Array(await got.arrayBuffer());
      result.push([put.size, put.etag, got.size, got.etag, got.checksums.toJSON(), body.length, body.every((byte, at) => byte === value[at])]);
      if (size < 1000) continue;
      for (const range of [{ offset: 990 }, { offset: size - 500, length: 400 }, { suffix: 3 }, { offset: Math.min(65_530, size - 20), length: 12 }]) {
        const part = await R2.get(`ssec/${at}`, { range, ssecKey: hex });
        const bytes = new Uint8Array(await part.arrayBuffer());
        result.push([part.range, bytes.length, bytes.every((byte, at) => byte === value[part.range.offset + at])]);
      }
    }
    return result;
  },
  'ssecKey: streams, conditions, hashes': async ({ R2 }) => {
    const ssecKey = 'ab'.repeat(32);

    const { readable, writable } = new FixedLengthStream(100_000);
    const writer = writable.getWriter();
    writer
      .write(bytes(60_000, 65))
      .then(() => writer.write(bytes(40_000, 66)))
      .then(() => writer.close());
    const { etag, customMetadata } = await R2.put('ssec/stream', readable, { ssecKey, customMetadata: { a: 'b' } });
    const text = await (await R2.get('ssec/stream', { ssecKey })).text();
    const unchanged = await R2.get('ssec/stream', { ssecKey, onlyIf: { etagDoesNotMatch: etag } });
    const same = await new Response((await R2.get('ssec/stream', { ssecKey, onlyIf: { etagMatches: etag } })).body).text();
    return [
      etag,
      customMetadata,
      text === 'A'.repeat(60_000) + 'B'.repeat(40_000),
      'body' in unchanged,
      same === text,
      await failure(R2.put('ssec/hash', 'x', { ssecKey, md5: '0'.repeat(32) })),
      (await R2.put('ssec/hash', 'x', { ssecKey, sha256: '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881' })).checksums.toJSON(),
    ];
  },
  'ssecKey: an upload in parts': async ({ R2 }) => {
    const ssecKey = 'ab'.repeat(32);
    const upload = await R2.createMultipartUpload('ssec/parts', { ssecKey });
    const parts = [await upload.uploadPart(1, bytes(PART, 1), { ssecKey }), await upload.uploadPart(2, bytes(100_000, 2), { ssecKey })];
    const done = await upload.complete(parts);
    const range = { offset: PART - 70_000, length: 140_000 };
    const part = new Uint8Array(await (await R2.get('ssec/parts', { range, ssecKey })).arrayBuffer());
    return [done.size, done.etag, part.length, part.every((byte, at) => byte === (at < 70_000 ? 1 : 2))];
  },
  'ssecKey: of the wrong type, or size': async ({ R2 }) => {
    const upload = await R2.createMultipartUpload('ssec/wrong');
    const keys = [null, 5, '', 'AB'.repeat(32), 'ab'.repeat(31), 'zz'.repeat(32), bytes(31), bytes(33).buffer, {}];
    const result = [];
    for (const ssecKey of keys) {
      result.push(
        await failures(
          () => R2.get('ssec/none', { ssecKey }),
          () => R2.put('ssec/wrong', 'x', { ssecKey }),
          () => R2.createMultipartUpload('ssec/wrong', { ssecKey }),
          () => upload.uploadPart(1, 'x', { ssecKey }),
        ),
      );
    }
    return result;
  },
  'ssecKey: what is to be seen of an object, and who may read it': async ({ R2 }) => {
    const [ssecKey, other] = ['ab'.repeat(32), 'cd'.repeat(32)];
    const put = await R2.put('ssec/locked', 'x', { ssecKey });
    await R2.put('ssec/open', 'x');
    const upload = await R2.createMultipartUpload('ssec/locked/upload', { ssecKey });
    const md5Of = (object) => object.ssecKeyMd5 ?? null;
    return [
      md5Of(put),
      md5Of(await R2.head('ssec/locked')),
      (await R2.list({ prefix: 'ssec/locked' })).objects.map(md5Of),
      md5Of(await R2.head('ssec/open')),
      await failures(
        () => R2.get('ssec/locked').then(md5Of),
        () => R2.get('ssec/locked', { ssecKey: other }).then(md5Of),
        () => R2.get('ssec/open', { ssecKey }).then(md5Of),
        () => upload.uploadPart(1, 'x').then(() => 'taken'),
        () => upload.uploadPart(1, 'x', { ssecKey: other }).then(() => 'taken'),
      ),
    ];
  },
  'delete: more than a thousand': ({ R2 }) => failure(R2.delete(Array.from({ length: 1001 }, (_, at) => `many/${at}`)).then(() => null)),
  'list: prefix, limit and cursor': async ({ R2 }) => {
    for (let i = 0; i < 12; i++) await R2.put(`l/page/${String(i).padStart(2, '0')}`, 'x');
    const pages = [];
    let cursor;
    do {
      const page = await R2.list({ prefix: 'l/page/', limit: 5, cursor });
      pages.push([page.objects.map((object) => object.key), page.truncated, typeof page.cursor]);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return pages;
  },
  'list: startAfter': async ({ R2 }) => {
    for (const key of ['a', 'b', 'c', 'd']) await R2.put(`l/after/${key}`, 'x');
    const keys = async (startAfter) => (await R2.list({ prefix: 'l/after/', startAfter })).objects.map((object) => object.key);
    return [await keys('l/after/b'), await keys('l/after/bb'), await keys('a'), await keys('z'), await keys('l/after/d')];
  },
  'list: delimiter': async ({ R2 }) => {
    for (const key of ['1', 'a/1', 'a/2', 'a/b/1', 'b/1', 'b', 'c', 'a', 'é/1', 'z/z/z']) await R2.put(`l/tree/${key}`, 'x');
    const list = async (options) => {
      const found = await R2.list(options);
      return [found.objects.map((object) => object.key), found.delimitedPrefixes, found.truncated];
    };
    return [
      await list({ prefix: 'l/tree/', delimiter: '/' }),
      await list({ prefix: 'l/tree/a', delimiter: '/' }),
      await list({ prefix: 'l/tree/a/', delimiter: '/' }),
      await list({ prefix: 'l/tree/', delimiter: '/1' }),
      await list({ prefix: 'l/tree/', delimiter: '' }),
      await list({ prefix: 'l/tree/', delimiter: '/', startAfter: 'l/tree/a/1' }),
    ];
  },
  'list: delimiter, page by page': async ({ R2 }) => {
    for (const key of ['1', 'a/1', 'a/2', 'b/1', 'b/2', 'c', 'd/1']) await R2.put(`l/pages/${key}`, 'x');
    const found = [];
    let cursor;
    do {
      const page = await R2.list({ prefix: 'l/pages/', delimiter: '/', limit: 2, cursor });
      found.push([page.objects.map((object) => object.key), page.delimitedPrefixes, page.truncated]);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found;
  },
  'list: keys in the order of their bytes': async ({ R2 }) => {
    const keys = ['Z', 'a', 'é', '~', '\uffff', '😀', '_', '0'];
    for (const key of keys) await R2.put(`l/order/${key}`, 'x');
    return (await R2.list({ prefix: 'l/order/' })).objects.map((object) => object.key);
  },
  'list: prefix with what means something elsewhere': async ({ R2 }) => {
    for (const key of ['l/%/1', 'l/_/1', 'l/x/1']) await R2.put(key, 'x');
    const keys = async (prefix) => (await R2.list({ prefix })).objects.map((object) => object.key);
    return [await keys('l/%'), await keys('l/_/'), await keys('L/')];
  },
  'list: limits': ({ R2 }) =>
    failures(
      () => R2.list({ limit: 0, prefix: 'l/none' }).then(() => null),
      () => R2.list({ limit: 1001 }),
      () => R2.list({ limit: -2 }),
      () => R2.list({ limit: -1, prefix: 'l/none' }).then((list) => ({ ...list, version: '', uploaded: 0 })),
      () => R2.list({ include: ['other'] }),
      () => R2.list({ prefix: 'l/none', limit: 1000 }).then((list) => ({ ...list, version: '', uploaded: 0 })),
    ),
  'upload: from its parts to an object': async ({ R2 }) => {
    const upload = await R2.createMultipartUpload('m/whole', { httpMetadata: { contentType: 'm/p' }, customMetadata: { a: 'b' } });
    const one = await upload.uploadPart(1, bytes(PART, 1));
    const two = await upload.uploadPart(2, bytes(100, 2));
    const hidden = await R2.head('m/whole');
    const object = await upload.complete([one, two]);
    const got = await R2.get('m/whole');
    const data = new Uint8Array(await got.arrayBuffer());
    const across = await R2.get('m/whole', { range: { offset: PART - 2, length: 4 } });
    return [
      [upload.key, typeof upload.uploadId, Object.prototype.toString.call(upload), Object.keys(upload).sort()],
      [one.partNumber, typeof one.etag, Object.keys(one)],
      hidden,
      shown(object),
      [data.length, data[0], data[PART - 1], data[PART], got.httpMetadata, got.customMetadata],
      hex(await across.arrayBuffer()),
      across.range,
    ];
  },
  'upload: parts in another order, again, and left out': async ({ R2 }) => {
    const { uploadId } = await R2.createMultipartUpload('m/order');
    const upload = R2.resumeMultipartUpload('m/order', uploadId);
    const three = await upload.uploadPart(3, bytes(10, 3));
    await upload.uploadPart(1, bytes(PART, 9));
    const one = await upload.uploadPart(1, bytes(PART, 1));
    await upload.uploadPart(2, bytes(PART, 2));
    const object = await upload.complete([one, three]);
    const data = new Uint8Array(await (await R2.get('m/order')).arrayBuffer());
    return [object.size, data[0], data[PART], object.etag];
  },
  'upload: replaces, and is replaced': async ({ R2 }) => {
    await R2.put('m/replace', 'before');
    const upload = await R2.createMultipartUpload('m/replace');
    await upload.complete([await upload.uploadPart(1, 'only part')]);
    const during = await (await R2.get('m/replace')).text();
    const old = await R2.get('m/replace');
    await R2.put('m/replace', 'after');
    return [during, await old.text(), await (await R2.get('m/replace')).text()];
  },
  'upload: parts that are too small, or differ': async ({ R2 }) => {
    const small = await R2.createMultipartUpload('m/small');
    const parts = [await small.uploadPart(1, bytes(10)), await small.uploadPart(2, bytes(10))];
    const uneven = await R2.createMultipartUpload('m/uneven');
    const unequal = [await uneven.uploadPart(1, bytes(PART)), await uneven.uploadPart(2, bytes(PART + 1)), await uneven.uploadPart(3, bytes(1))];
    const last = await R2.createMultipartUpload('m/last');
    const larger = [await last.uploadPart(1, bytes(PART)), await last.uploadPart(2, bytes(PART + 1))];
    return failures(
      () => small.complete(parts),
      () => uneven.complete(unequal),
      () => last.complete(larger),
    );
  },
  'upload: what does not exist': async ({ R2 }) => {
    const upload = await R2.createMultipartUpload('m/missing');
    const part = await upload.uploadPart(1, 'x');
    const unknown = R2.resumeMultipartUpload('m/missing', 'unknown');
    const other = R2.resumeMultipartUpload('m/other', upload.uploadId);
    return failures(
      () => unknown.uploadPart(1, 'x'),
      () => unknown.complete([part]),
      () => unknown.abort(),
      () => other.uploadPart(1, 'x'),
      () => upload.complete([{ partNumber: 2, etag: part.etag }]),
      () => upload.complete([{ partNumber: 1, etag: 'wrong' }]),
      () => upload.complete([part, part]),
    );
  },
  'upload: part numbers': async ({ R2 }) => {
    const upload = await R2.createMultipartUpload('m/numbers');
    return failures(
      () => upload.uploadPart(0, 'x'),
      () => upload.uploadPart(10_001, 'x'),
      () => upload.uploadPart(-1, 'x'),
      () => upload.complete([{ partNumber: 0, etag: 'x' }]),
      () => upload.uploadPart(1, new ReadableStream()),
    );
  },
  'upload: after its end': async ({ R2 }) => {
    const done = await R2.createMultipartUpload('m/done');
    const part = await done.uploadPart(1, 'x');
    await done.complete([part]);
    const aborted = await R2.createMultipartUpload('m/aborted');
    const lost = await aborted.uploadPart(1, 'x');
    return [
      (await aborted.abort()) === undefined,
      await R2.get('m/aborted'),
      ...(await failures(
        () => done.uploadPart(2, 'x'),
        () => done.complete([part]),
        () => done.abort(),
        () => aborted.uploadPart(2, 'x'),
        () => aborted.complete([lost]),
        () => aborted.abort(),
      )),
    ];
  },
  'upload: a part as a stream': async ({ R2 }) => {
    const upload = await R2.createMultipartUpload('m/stream');
    const object = await upload.complete([await upload.uploadPart(1, new Response('streamed').body)]);
    return [object.size, await (await R2.get('m/stream')).text()];
  },
};
