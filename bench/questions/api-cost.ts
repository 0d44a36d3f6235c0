/** What each large API of the platform costs an app that uses it, beyond hello. */
import { HELLO } from '../apps/sources.ts';
import { folder, removeFolder } from '../kit/folder.ts';
import { rounds } from '../kit/rounds.ts';
import { median, quantile } from '../kit/statistics.ts';
import { runTask } from '../kit/task.ts';
import type { Effort, Question, Row } from '../question.ts';

/** An app that does this for each request. */
const using = (work: string): string => `export default { async fetch() { ${work}; return new Response('Hello World'); } };\n`;

const WORK: Readonly<Record<string, string>> = {
  'new URL': `new URL('http://a/b?c=d').searchParams.get('c')`,
  'TextEncoder, TextDecoder': `new TextDecoder().decode(new TextEncoder().encode('text'))`,
  'streams: a TransformStream': `const { readable, writable } = new TransformStream(); const writer = writable.getWriter(); writer.write(new Uint8Array(8)); writer.close(); await new Response(readable).bytes()`,
  URLPattern: `new URLPattern({ pathname: '/users/:id' }).exec('http://a/users/1')`,
  HTMLRewriter: `await new HTMLRewriter().on('a', { element(element) { element.setAttribute('rel', 'nofollow'); } }).transform(new Response('<a href="/">text</a>')).text()`,
  'crypto.subtle: digest and HMAC': `await crypto.subtle.digest('SHA-256', new Uint8Array(8)); await crypto.subtle.sign('HMAC', await crypto.subtle.importKey('raw', new Uint8Array(16), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']), new Uint8Array(8))`,
  'CompressionStream: gzip': `await new Response(new Response('text').body.pipeThrough(new CompressionStream('gzip'))).bytes()`,
  'EventSource of a stream': `const source = EventSource.from(new Response('data: a\\n\\n').body); await new Promise((resolve) => { source.onmessage = resolve; }); source.close()`,
  'WebSocketPair: one message': `const [one, other] = Object.values(new WebSocketPair()); other.accept(); one.accept(); await new Promise((resolve) => { other.addEventListener('message', resolve); one.send('text'); }); one.close()`,
  FileReader: `const reader = new FileReader(); await new Promise((resolve) => { reader.onload = resolve; reader.readAsText(new Blob(['text'])); })`,
  'a legacy encoding: Shift_JIS': `new TextDecoder('shift_jis').decode(new Uint8Array([0x83, 0x65]))`,
  'structuredClone, MessageChannel': `structuredClone({ a: new Map([[1, new Date(0)]]) }); new MessageChannel().port1.close()`,
};

type Cost = { mb: number; ms: number };

async function measure(code: string, effort: Effort): Promise<Cost> {
  const apps = effort.quick ? 40 : 100;
  const dir = folder();
  const other = folder();
  try {
    const { before, after } = await runTask<{ before: number; after: number }>('resident', { dir, code, apps });
    const { times } = await runTask<{ times: number[] }>('cold-start', { dir: other, code, apps, spares: 4, cached: !effort.quick });
    return { mb: (after - before) / apps, ms: quantile(times, 0.5) };
  } finally {
    removeFolder(dir);
    removeFolder(other);
  }
}

export const apiCost: Question = {
  name: 'api-cost',
  title: 'What a large API costs the app that uses it',
  method:
    'For each API an app that does a little with it on every request, against hello. Memory as in the question about it, with a hundred apps; the first request, p50, in one process with a spare isolate and V8’s code cache, as in the question about cold starts: it includes the work itself. A quick round takes forty apps, and no code cache. An app that does not name an API pays nothing for it.',
  run: async (effort) => {
    const contestants = Object.fromEntries(
      Object.entries({ hello: HELLO, ...Object.fromEntries(Object.entries(WORK).map(([name, work]) => [name, using(work)])) }).map(([name, code]) => [
        name,
        () => measure(code, effort),
      ]),
    );
    const results = await rounds(effort, contestants, effort.quick ? 1 : 2);
    return [...results].flatMap(([what, costs]): Row[] => [
      { what: `${what}: memory`, value: median(costs.map(({ mb }) => mb)), unit: 'MB' },
      { what: `${what}: first request`, value: median(costs.map(({ ms }) => ms)), unit: 'ms' },
    ]);
  },
};
