import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { Blob } from './blob.ts';
import { File } from './file.ts';
import { FormData } from './form-data.ts';

test('append, get, getAll, has, delete: by name, in order', () => {
  const data = new FormData();
  data.append('a', '1');
  data.append('b', 2);
  data.append('a', '3');
  assert.equal(data.get('a'), '1');
  assert.deepEqual(data.getAll('a'), ['1', '3']);
  assert.equal(data.get('b'), '2');
  assert.equal(data.get('c'), null);
  data.delete('a');
  assert.equal(data.has('a'), false);
  assert.deepEqual([...(data as unknown as Iterable<unknown>)], [['b', '2']]);
});

test('set: takes the place of the first', () => {
  const data = new FormData();
  for (const [name, value] of [
    ['a', '1'],
    ['b', '2'],
    ['a', '3'],
  ] as const)
    data.append(name, value);
  data.set('a', '4');
  data.set('c', '5');
  assert.deepEqual(
    [...(data as unknown as Iterable<unknown>)],
    [
      ['a', '4'],
      ['b', '2'],
      ['c', '5'],
    ],
  );
});

test('blobs: become files, named when no name is given', () => {
  const data = new FormData();
  data.append('a', new Blob(['x'], { type: 'text/x' }));
  data.append('b', new Blob(['x']), 'n.txt');
  const file = new File(['y'], 'f.txt', { lastModified: 5 });
  data.append('c', file);
  data.append('d', file, 'other.txt');
  assert.deepEqual([(data.get('a') as File).name, (data.get('a') as File).type], ['blob', 'text/x']);
  assert.equal((data.get('b') as File).name, 'n.txt');
  assert.equal(data.get('c'), file);
  assert.deepEqual([(data.get('d') as File).name, (data.get('d') as File).lastModified], ['other.txt', 5]);
});

test('arguments: are checked', () => {
  const data = new FormData();
  assert.throws(() => new FormData('form'), TypeError);
  assert.throws(() => (data.append as (name: string) => void)('a'), TypeError);
  assert.throws(() => data.append('a', 'b', 'c'), TypeError);
  assert.throws(() => data.get.call({} as FormData, 'a'), TypeError);
  data.append('\ud800', '\ud800');
  assert.equal(data.get('\ufffd'), '\ufffd');
});
