/**
 * Apps that make what takes memory maps, of which the system gives a process some 65,000: their own limits keep them far
 * from all, a neighbour is served meanwhile, and the maps are given back.
 */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { mapsOf } from '../support/descriptors.ts';
import { answering, folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { only } from '../support/processes.ts';
import { serve, type TestServer } from '../support/server.ts';

const MOST_MORE = 20_000;
const LEFT = 1500;
/** Apps that do the same at the same time. */
const APPS = 4;

const FLOODS = `const kept = [];
const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 4, 1, 2, 0, 11]);
const module = new WebAssembly.Module(bytes);
const floods = {
  memories: () => kept.push(new WebAssembly.Memory({ initial: 1, maximum: 65536 })),
  'empty memories': () => kept.push(new WebAssembly.Memory({ initial: 0, maximum: 1 })),
  modules: () => kept.push(new WebAssembly.Module(bytes)),
  instances: () => kept.push(new WebAssembly.Instance(module)),
  'small buffers': () => kept.push(new ArrayBuffer(4096)),
  'buffers with a map each': () => kept.push(new ArrayBuffer(256 * 1024)),
  'resizable buffers': () => kept.push(new ArrayBuffer(0, { maxByteLength: 4096 })),
};
export default { fetch(request) {
  const flood = floods[decodeURIComponent(new URL(request.url).pathname.slice(1))];
  for (;;) flood();
} };`;
const WAYS = [...FLOODS.matchAll(/^ {2}'?([\w ]+)'?: \(\) =>/gm)].map(([, way]) => String(way));

suite('memory maps', { skip: process.platform !== 'linux' }, () => {
  const owner = suiteOwner();
  let server: TestServer;
  let engine = 0;
  let level = 0;
  before(async () => {
    const floods = Array.from({ length: APPS }, (_, at) => ({
      [`flood-${at}/index.js`]: FLOODS,
      [`flood-${at}/wrangler.json`]: JSON.stringify({
        name: `flood-${at}`,
        main: 'index.js',
        compatibility_date: '2026-10-01',
        nano: { limits: { cpu_ms: 200 } },
      }),
    }));
    server = await serve(owner, folder({ ...Object.assign({}, ...floods), 'neighbour.js': answering('fine') }));
    assert.equal((await server.get('neighbour')).text, 'fine');
    engine = only(server, 'engine');
    level = mapsOf(engine);
  });

  /** The most maps that the engine had until something was over; the neighbour is asked meanwhile. */
  async function most(attack: Promise<unknown>): Promise<number> {
    let isOver = false;
    const over = attack.finally(() => {
      isOver = true;
    });
    let maps = mapsOf(engine);
    while (!isOver) {
      assert.equal((await server.get('neighbour')).text, 'fine');
      maps = Math.max(maps, mapsOf(engine));
    }
    await over;
    return maps;
  }

  for (const way of WAYS) {
    test(`${way}: a limit ends them before there are many maps`, async () => {
      const attack = Array.from({ length: APPS }, async (_, at) => (await server.get(`flood-${at}`, `/${encodeURIComponent(way)}`)).text);
      const maps = await most(Promise.all(attack));
      for (const text of await Promise.all(attack)) assert.match(text, /^error code: 110[12]/);
      assert.ok(maps < level + MOST_MORE, `${maps} maps, ${level} before`);
    });
  }

  test('the maps are given back, and no engine was lost', async () => {
    while (mapsOf(engine) > level + LEFT) assert.equal((await server.get('neighbour')).text, 'fine');
    assert.equal(only(server, 'engine'), engine);
    assert.equal(await server.metric('nano_engine_restarts_total'), 0);
  });
});
