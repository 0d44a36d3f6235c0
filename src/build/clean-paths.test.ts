import assert from 'node:assert/strict';
import test from 'node:test';
import { cleanCode, cleanSource, cleanSourceMap } from './clean-paths.ts';

test('cleanSource: names nothing of the machine', () => {
  assert.equal(cleanSource('src/index.ts', 3), 'src/index.ts');
  assert.equal(cleanSource('../shared/util.ts', 3), 'shared/util.ts');
  assert.equal(cleanSource('../../node_modules/hono/dist/hono.js', 3), 'node_modules/hono/dist/hono.js');
  assert.equal(cleanSource('../../../home/me/lib/x.js', 3), 'x.js');
  assert.equal(cleanSource('/home/me/x.js', 3), 'x.js');
  assert.equal(cleanSource('file:///home/me/node_modules/a/b.js', 3), 'node_modules/a/b.js');
  assert.equal(cleanSource('C:\\Users\\me\\x.js', 3), 'x.js');
});

test('cleanSourceMap: cleans sources, drops the root and the text of what was not built', () => {
  const map = { version: 3, sources: ['/home/me/a.ts', 'b.ts'], mappings: 'AAAA' };
  const clean = (more: object): unknown => JSON.parse(cleanSourceMap(JSON.stringify({ ...map, ...more }), new Set(['b.ts']), '/home/me'));
  assert.deepEqual(clean({ sourceRoot: '/home/me' }), { ...map, sources: ['a.ts', 'b.ts'] });
  assert.deepEqual(clean({ sourcesContent: ['a', 'b'] }), { ...map, sources: ['a.ts', 'b.ts'], sourcesContent: [null, 'b'] });
});

test('cleanCode: takes far paths out of comments and CommonJS keys, line by line', () => {
  const far = '../../opt/store/node_modules/a/i.js';
  const code = `// ${far}\nvar a = __commonJS({\n  "${far}"(exports) {\n  }\n});\n\n// ${far}\nf();`;
  const clean = cleanCode(code, [far, 'src/i.ts'], '/home/me');
  assert.ok(!clean.includes('opt'));
  assert.equal(clean.split('\n').length, code.split('\n').length);
  assert.match(clean, /^\/\/ node_modules\/a\/i\.js\n/);
});
