/** The app that writes while its server dies: one route for each kind of data. It answers 200 when the write has been acknowledged to it. */
export const APP = `
const part = (key, v, at, size) => {
  const piece = key + ' ' + v + ' ' + at + ' ';
  return piece.repeat(Math.ceil(size / piece.length)).slice(0, size);
};
const PART = 5 * 1024 * 1024;
const kinds = {
  async kv({ KV }, key, v, request) {
    if (request.method === 'PUT') return KV.put(key, request.body, { metadata: v });
    const { value, metadata } = await KV.getWithMetadata(key, 'stream');
    return value === null ? undefined : new Response(value, { headers: { version: String(metadata) } });
  },
  async d1({ DB }, key, v, request) {
    if (request.method === 'PUT')
      return DB.batch([
        DB.prepare('INSERT INTO rows (key, v) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET v = ?2').bind(key, v),
        DB.prepare('INSERT INTO log (key, v) VALUES (?1, ?2)').bind(key, v),
      ]);
    if (request.method === 'POST')
      return DB.exec('CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, v INTEGER); CREATE TABLE IF NOT EXISTS log (key TEXT, v INTEGER, UNIQUE (key, v))');
    const [rows, log] = await DB.batch([DB.prepare('SELECT v FROM rows WHERE key = ?').bind(key), DB.prepare('SELECT v FROM log WHERE key = ? ORDER BY v').bind(key)]);
    return Response.json({ v: rows.results[0]?.v, log: log.results.map(({ v }) => v) });
  },
  async r2({ BUCKET }, key, v, request) {
    if (request.method === 'PUT') return BUCKET.put(key, request.body, { customMetadata: { v: String(v) } });
    const object = await BUCKET.get(key);
    return object === null ? undefined : new Response(object.body, { headers: { version: object.customMetadata.v, etag: object.etag } });
  },
  async multipart({ BUCKET }, key, v, request) {
    if (request.method === 'PUT') {
      const upload = await BUCKET.createMultipartUpload('m-' + key, { customMetadata: { v: String(v) } });
      const parts = [await upload.uploadPart(1, part(key, v, 1, PART)), await upload.uploadPart(2, part(key, v, 2, 1000))];
      return upload.complete(parts);
    }
    const object = await BUCKET.get('m-' + key);
    if (object === null) return undefined;
    const text = await object.text();
    const found = Number(object.customMetadata.v);
    return new Response(text === part(key, found, 1, PART) + part(key, found, 2, 1000) ? 'whole' : 'torn', { headers: { version: String(found) } });
  },
  async queue({ JOBS }, key, v) {
    await JOBS.sendBatch([{ body: { n: key + '-' + v + '-a', text: part(key, v, 1, 300) } }, { body: { n: key + '-' + v + '-b', text: part(key, v, 2, 300) } }]);
  },
  async got({ GOT }, key) {
    let cursor, names = [];
    do {
      const page = await GOT.list({ prefix: key, cursor });
      names = names.concat(page.keys.map(({ name }) => name));
      cursor = page.cursor;
    } while (cursor !== undefined);
    return Response.json(names);
  },
  async cache(env, key, v, request) {
    const url = 'http://cache/' + key;
    if (request.method === 'PUT') return caches.default.put(url, new Response(request.body, { headers: { 'cache-control': 'max-age=3600', version: String(v) } }));
    return caches.default.match(url);
  },
  async point({ POINTS }, key, v) {
    POINTS.writeDataPoint({ indexes: [key], blobs: ['n' + v, key], doubles: [v] });
  },
};
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const [, kind, key] = url.pathname.split('/');
    try {
      const result = await kinds[kind](env, key, Number(url.searchParams.get('v')), request);
      if (result instanceof Response) return result;
      return request.method === 'GET' ? new Response('none', { status: 404 }) : new Response('acknowledged');
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  },
  async queue(batch, { GOT }) {
    for (const { body: { n, text } } of batch.messages) {
      const [key, v, side] = n.split('-');
      await GOT.put((text === part(key, Number(v), side === 'a' ? 1 : 2, 300) ? 'got-' : 'torn-') + n, '');
    }
  },
};
`;

export const WRANGLER = JSON.stringify({
  name: 'app',
  main: 'index.js',
  compatibility_date: '2026-01-01',
  kv_namespaces: [
    { binding: 'KV', id: 'kv' },
    { binding: 'GOT', id: 'got' },
  ],
  d1_databases: [{ binding: 'DB', database_id: 'db' }],
  r2_buckets: [{ binding: 'BUCKET', bucket_name: 'bucket' }],
  queues: {
    producers: [{ binding: 'JOBS', queue: 'jobs' }],
    consumers: [{ queue: 'jobs', max_batch_size: 20, max_batch_timeout: 0, max_retries: 100 }],
  },
  analytics_engine_datasets: [{ binding: 'POINTS', dataset: 'points' }],
});
