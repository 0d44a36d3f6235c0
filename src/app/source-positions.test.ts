import assert from 'node:assert/strict';
import { SourceMap } from 'node:module';
import { test } from 'node:test';
import { SourcePositions } from './source-positions.ts';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const vlq = (value: number): string => {
  let text = '';
  let left = value < 0 ? (-value << 1) | 1 : value << 1;
  do {
    text += DIGITS[(left & 31) | (left > 31 ? 32 : 0)];
    left >>>= 5;
  } while (left > 0);
  return text;
};
const textOf = (mappings: string, sources: unknown = ['a.ts', 'b.ts']): string => JSON.stringify({ version: 3, sources, names: ['n'], mappings });

test('find: what Node finds', () => {
  // Line after line, with segments of four and five fields, back and forth in the sources.
  const segment = (line: number, i: number): string => {
    const turn = line % 10 < 5 ? 0 : i % 2 === 0 ? 1 : -1;
    return `${vlq(7)}${vlq(turn)}${vlq(line % 3)}${vlq(i * 40 - 20)}${i % 2 === 1 ? vlq(0) : ''}`;
  };
  const lines = Array.from({ length: 50 }, (_, line) => (line % 7 === 3 ? '' : [0, 1, 2, 3].map((i) => segment(line, i)).join(',')));
  const text = textOf(lines.join(';'));
  const [ours, nodes] = [new SourcePositions(text), new SourceMap(JSON.parse(text))];
  for (let line = 0; line < 52; line++) {
    for (let column = 0; column < 45; column += 3) {
      const found = ours.find(line, column);
      const entry = nodes.findEntry(line, column) as { originalSource?: string; originalLine?: number; originalColumn?: number };
      assert.deepEqual([found?.source, found?.line, found?.column], [entry.originalSource, entry.originalLine, entry.originalColumn], `${line}:${column}`);
    }
  }
});

test('find: a position before the first segment, or of a segment without a source, has none', () => {
  const positions = new SourcePositions(textOf(';EAAA,E'));
  assert.equal(positions.find(0, 5), undefined);
  assert.deepEqual(positions.find(1, 2), { source: 'a.ts', line: 0, column: 0 });
  assert.equal(positions.find(1, 4), undefined);
  assert.equal(new SourcePositions(textOf('AZAA')).find(0, 0), undefined);
  assert.equal(new SourcePositions(textOf('AAAA', [5])).find(0, 0), undefined);
});

test('what is no source map, or too long, is refused', () => {
  const texts = [
    '',
    'null',
    '{}',
    '{"sections":[]}',
    textOf('A A'),
    textOf('é'),
    textOf('gggggggggA'),
    textOf('AAAAAA'),
    textOf('g'),
    textOf('AAAA', {}),
    `${textOf('AAAA')}${' '.repeat(16 * 1024 * 1024)}`,
  ];
  for (const text of texts) assert.throws(() => new SourcePositions(text));
});
