/** What of the runtime calls a `then` that the app has patched: it would hand the app a promise that is not its own. */
const { prototype } = Promise;
const { then } = prototype;
const patch = (value) => void Reflect.defineProperty(prototype, 'then', { value });
let calls = 0;

const key = (usages, algorithm) => crypto.subtle.generateKey(algorithm, true, usages);
const data = new Uint8Array(16);
const GCM = { name: 'AES-GCM', iv: data };

const operations = {
  'scheduler.wait': () => scheduler.wait(0),
  'Blob.text': () => new Blob(['a']).text(),
  'Response.json': () => new Response('1').json(),
  'ReadableStream.cancel': () => new ReadableStream().cancel(),
  'WritableStreamDefaultWriter.write': () => new WritableStream().getWriter().write('a'),
  CompressionStream: async () => {
    const { readable, writable } = new CompressionStream('gzip');
    const writer = writable.getWriter();
    const ends = [writer.write(data), writer.close()];
    const reader = readable.getReader();
    while (!(await reader.read()).done);
    for (const end of ends) await end;
  },
  'subtle.digest': () => crypto.subtle.digest('SHA-256', data),
  'subtle.generateKey': () => key(['sign'], { name: 'HMAC', hash: 'SHA-256' }),
  'subtle.sign, verify': async () => {
    const hmac = await key(['sign', 'verify'], { name: 'HMAC', hash: 'SHA-256' });
    return await crypto.subtle.verify('HMAC', hmac, await crypto.subtle.sign('HMAC', hmac, data), data);
  },
  'subtle.encrypt, decrypt': async () => {
    const aes = await key(['encrypt', 'decrypt'], { name: 'AES-GCM', length: 128 });
    return await crypto.subtle.decrypt(GCM, aes, await crypto.subtle.encrypt(GCM, aes, data));
  },
  'subtle.exportKey, importKey': async () => {
    const raw = await crypto.subtle.exportKey('raw', await key(['encrypt'], { name: 'AES-GCM', length: 128 }));
    return await crypto.subtle.importKey('raw', raw, 'PBKDF2', false, ['deriveBits']);
  },
  'caches.open, put, match, delete': async () => {
    const cache = await caches.open('a');
    await cache.put('http://a/', new Response('a', { headers: { 'cache-control': 'max-age=60' } }));
    await cache.match('http://a/');
    await cache.delete('http://a/');
  },
  'KVNamespace.put, get, list, delete': async (env) => {
    await env.KV.put('a', 'b');
    await env.KV.get('a');
    await env.KV.list();
    await env.KV.delete('a');
  },
  'D1Database.exec, batch': async (env) => {
    await env.DB.exec('CREATE TABLE IF NOT EXISTS a (b)');
    await env.DB.batch([env.DB.prepare('SELECT 1')]);
    await env.DB.withSession().batch([env.DB.prepare('SELECT 1')]);
  },
  'D1PreparedStatement.run, all, first, raw': async (env) => {
    const statement = env.DB.prepare('SELECT 1 AS a');
    await statement.run();
    await statement.all();
    await statement.first('a');
    await statement.raw();
  },
  'R2Bucket.put, get, head, list, delete': async (env) => {
    await env.BUCKET.put('a', 'b');
    await (await env.BUCKET.get('a')).text();
    await env.BUCKET.head('a');
    await env.BUCKET.list();
    await env.BUCKET.delete('a');
  },
};

export default {
  async fetch(_request, env) {
    patch(function (...args) {
      calls++;
      return Reflect.apply(then, this, args);
    });
    const seen = [];
    for (const [name, run] of Object.entries(operations)) {
      const before = calls;
      try {
        await run(env);
      } catch (error) {
        seen.push(`${name}: ${error}`);
      }
      if (calls > before) seen.push(name);
    }
    patch(then);
    return Response.json(seen);
  },
};
