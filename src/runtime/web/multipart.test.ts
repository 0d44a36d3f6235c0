import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { Blob } from './blob.ts';
import type { File } from './file.ts';
import { FormData } from './form-data.ts';
import { parseMimeType, type MimeType } from './mime-type.ts';
import { parseMultipart, serializeFormData } from './multipart.ts';

const encode = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text));
const type = parseMimeType('multipart/form-data; boundary=B') as MimeType;
const parse = async (text: string): Promise<unknown[] | null> => {
  const data = parseMultipart(encode(text), type);
  if (data === null) return null;
  const entries: unknown[] = [];
  for (const [name, value] of data as unknown as Iterable<[string, string | File]>) {
    entries.push(typeof value === 'string' ? [name, value] : [name, value.name, value.type, await value.text()]);
  }
  return entries;
};
const field = (head: string, body: string): string => `--B\r\n${head}\r\n\r\n${body}\r\n`;

test('serialize: text alone stays a string', () => {
  const data = new FormData();
  data.append('a"\r\n', 'x\ny\rz\r\n');
  const { body, type: contentType } = serializeFormData(data);
  const boundary = /boundary=(.*)$/.exec(contentType)?.[1];
  assert.equal(body, `--${boundary}\r\nContent-Disposition: form-data; name="a%22%0D%0A"\r\n\r\nx\r\ny\r\nz\r\n\r\n--${boundary}--\r\n`);
});

test('serialize: files are bytes, with name and type', () => {
  const data = new FormData();
  data.append('f', new Blob([new Uint8Array([255, 0])]), 'q"\n.bin');
  data.append('é', 'ü');
  const { body, type: contentType } = serializeFormData(data);
  const boundary = /boundary=(.*)$/.exec(contentType)?.[1] as string;
  const expected = Buffer.concat([
    encode(`--${boundary}\r\nContent-Disposition: form-data; name="f"; filename="q%22%0A.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`),
    new Uint8Array([255, 0]),
    encode(`\r\n--${boundary}\r\nContent-Disposition: form-data; name="é"\r\n\r\nü\r\n--${boundary}--\r\n`),
  ]);
  assert.deepEqual(Buffer.from(body as Uint8Array), expected);
});

test('parse: what serialize made', () => {
  const data = new FormData();
  data.append('a"\n', '1');
  data.append('f', new Blob(['--B\r\n']), 'x');
  const { body, type: contentType } = serializeFormData(data);
  const parsed = parseMultipart(new Uint8Array(body as Uint8Array), parseMimeType(contentType) as MimeType);
  assert.equal(parsed?.get('a"\r\n'), '1');
  assert.equal((parsed?.get('f') as File).name, 'x');
});

test('parse: fields and files', async () => {
  const text = `${field('Content-Disposition: form-data; name="a%22"', '1')}${field('content-type:  text/x \r\nX-Other: y\r\nContent-Disposition: form-data; name="f"; filename="é.txt"', 'b\r\n--Bx?')}`;
  assert.equal(await parse(`${text}--B--\r\n`), null, 'a delimiter inside a body is a delimiter');
  const good = text.replace('--Bx?', '--x');
  const expected = [
    ['a"', '1'],
    ['f', 'é.txt', 'text/x', 'b\r\n--x'],
  ];
  assert.deepEqual(await parse(`${good}--B--\r\n`), expected);
  assert.deepEqual(await parse(`\r\n${good}--B--`), expected);
  assert.deepEqual(await parse(`${field('Content-Disposition: form-data; name="f"; filename=""', '')}--B--`), [['f', '', 'text/plain', '']]);
  assert.deepEqual(await parse('--B--\r\n'), []);
  assert.deepEqual(await parse(`${field('Content-Disposition: form-data; name="a"', '\ufeffx')}--B--`), [['a', '\ufeffx']]);
});

test('parse: what is malformed is null', async () => {
  const head = 'Content-Disposition: form-data; name="a"';
  const bad = ['', 'text', '--B', '--B\r\n', `--B\r\n${head}\r\n\r\n1`, `--B\r\n${head}\r\n--B--\r\n`];
  bad.push(
    `${field('Content-Type: text/x', '1')}--B--`,
    `${field('Content-Disposition: attachment; name="a"', '1')}--B--`,
    `${field('Content-Disposition: form-data; name=a', '1')}--B--`,
  );
  bad.push(`${field('no colon', '1')}--B--`, `${field(head, '1')}--C--`, `${field(`${head}; filename="x`, '1')}--B--`);
  for (const text of bad) assert.equal(await parse(text), null, JSON.stringify(text));
  assert.equal(parseMultipart(encode('--B--'), parseMimeType('multipart/form-data') as MimeType), null);
});

test('parse: lines that end with a mere line feed, where the first does', async () => {
  const text = '--B\nContent-Disposition: form-data; name="a"\n\none\r\n\n--B\nContent-Disposition: form-data; name="f"; filename="x"\n\ntwo\n--B--\n';
  assert.deepEqual(await parse(text), [
    ['a', 'one\r\n'],
    ['f', 'x', 'text/plain', 'two'],
  ]);
});

test('parse: line feeds and whole line breaks may be mixed', async () => {
  const head = 'Content-Disposition: form-data; name="a"';
  for (const text of [`--B\n${head}\r\n\r\none\r\n--B--`, `--B\r\n${head}\n\r\none\r\n--B--`, `--B\r\n${head}\r\n\none\n--B--\n`])
    assert.deepEqual(await parse(text), [['a', 'one']], JSON.stringify(text));
  assert.deepEqual(await parse(`--B\r\n${head}\n\none\n\r\n--B\n${head}\r\n\r\n\r\n--B--`), [
    ['a', 'one\n'],
    ['a', ''],
  ]);
});

test('parse: what is before the first delimiter and after the last counts for nothing', async () => {
  const part = field('Content-Disposition: form-data; name="a"', '1');
  for (const text of [`text\r\n${part}--B--`, `${part}--B--junk\r\n--B\r\n`, `--Bx\r\n${part}--B--`]) {
    assert.deepEqual(await parse(text), text.startsWith('--Bx') ? null : [['a', '1']], JSON.stringify(text));
  }
});

test('parse: parameters as programs write them that are no browsers', async () => {
  const names = async (disposition: string): Promise<unknown> => {
    const parsed = await parse(`${field(`Content-Disposition:${disposition}`, '1')}--B--`);
    return (parsed?.[0] as string[] | undefined)?.slice(0, 2) ?? null;
  };
  assert.deepEqual(await names('form-data;name="a"'), ['a', '1']);
  assert.deepEqual(await names('  form-data ;  name = "a" ; '), ['a', '1']);
  assert.deepEqual(await names(' form-data; filename="f"; name="a"'), ['a', 'f']);
  assert.deepEqual(await names(` form-data; name="a"; filename="f"; filename*=UTF-8''g`), ['a', 'f']);
  assert.deepEqual(await names(' form-data; name="a;b"; x=y; filename="c;d=\\"e\\\\"'), ['a;b', 'c;d="e\\']);
  // As the standard reads it, a backslash is one.
  assert.deepEqual(await names(' form-data; name="a\\"; filename="f\\\\"'), ['a\\', 'f\\\\']);
  for (const bad of [
    ' form-data',
    ' form-data; name=a',
    ` form-data; name='a'`,
    ' form-dataname="a"',
    ' FORM-DATA; name="a"',
    ' form-data; name="a" x',
    ' form-data; name="a',
  ])
    assert.equal(await names(bad), null, bad);
});
