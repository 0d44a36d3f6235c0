/**
 * The micro benchmarks, as one worker: `/<name>/<count>` does the thing that often. Plain JavaScript, since three
 * runtimes load it as it is. Time is taken outside: a worker's clock stands still while it computes.
 */
const init = [
  ['accept', 'text/html'],
  ['accept-encoding', 'gzip, br'],
  ['accept-language', 'en'],
  ['cache-control', 'no-cache'],
  ['cookie', 'session=0123456789abcdef'],
  ['host', 'www.example.com'],
  ['referer', 'https://www.example.com/'],
  ['user-agent', 'Mozilla/5.0'],
  ['x-forwarded-for', '192.0.2.1'],
  ['x-request-id', '0123456789abcdef'],
];
const data = { id: 1, tags: ['a', 'b', 'c'], text: 'x'.repeat(960) };
const chunk = new Uint8Array(64 * 1024);

const work = {
  nothing() {},
  url(count) {
    let length = 0;
    for (let i = 0; i < count; i++) length += new URL(`https://www.example.com:8443/articles/${i}/comments?page=2&order=new#top`).pathname.length;
    return length;
  },
  headers(count) {
    let length = 0;
    for (let i = 0; i < count; i++) length += new Headers(init).get('user-agent').length;
    return length;
  },
  json(count) {
    let status = 0;
    for (let i = 0; i < count; i++) status += Response.json(data).status;
    return status;
  },
  async transform(count) {
    const { readable, writable } = new TransformStream({ transform: (each, controller) => controller.enqueue(each) });
    const writing = (async () => {
      const writer = writable.getWriter();
      for (let i = 0; i < count; i++) {
        await writer.ready;
        writer.write(chunk).catch(() => {});
      }
      await writer.close();
    })();
    let bytes = 0;
    const reader = readable.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
    }
    await writing;
    return bytes;
  },
};

export default {
  async fetch(request) {
    const [name, count] = new URL(request.url).pathname.slice(1).split('/');
    return new Response(String((await work[name || 'nothing'](Number(count))) ?? ''));
  },
};
