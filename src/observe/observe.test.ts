import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { appRecord } from '../../test/support/app-record.ts';
import { createLog } from './log.ts';
import { LogObserver } from './log-observer.ts';
import { lasting, type MetricJson, mergeMetrics, parseMetrics } from './metric-json.ts';
import { MetricsObserver } from './metrics-observer.ts';
import { prettyLine } from './pretty.ts';

const REQUEST = {
  app: 'shop',
  version: 'v1',
  requestId: 'r"1',
  method: 'GET',
  host: 'shop.localhost',
  path: '/a?b="c"\n',
  status: 200,
  durationMs: 1.23456,
  cpuMs: 0.5,
  bytesIn: 0,
  bytesOut: 5,
  coldStart: false,
  outcome: 'ok',
};

function collect(level: string): { lines: string[]; observer: LogObserver } {
  const lines: string[] = [];
  return { lines, observer: new LogObserver(createLog({ level, pretty: false, write: (line) => lines.push(line) })) };
}

test('request: one JSON line with hostile strings escaped', () => {
  const { lines, observer } = collect('info');
  observer.request(REQUEST);
  assert.equal(lines.length, 1);
  const record = JSON.parse(lines[0] as string) as Record<string, unknown>;
  assert.equal(record['path'], REQUEST.path);
  assert.equal(record['requestId'], 'r"1');
  assert.equal(record['durationMs'], 1.235);
  assert.equal(record['level'], 'info');
  assert.match(String(record['time']), /^\d{4}-\d\d-\d\dT/);
});

test('request: nothing is written below the level', () => {
  const { lines, observer } = collect('warn');
  observer.request(REQUEST);
  observer.console({ app: 'shop', version: 'v1', requestId: undefined, level: 'log', text: 'hi' });
  assert.deepEqual(lines, []);
  observer.console({ app: 'shop', version: 'v1', requestId: undefined, level: 'error', text: 'oh' });
  assert.equal(lines.length, 1);
});

test('console: values of secrets are masked, for their app only', () => {
  const { lines, observer } = collect('info');
  observer.setApps([appRecord('shop', { vars: { KEY: 's3cr3t(x)', PLAIN: 'plain-value', TINY: 'a' }, secretNames: ['KEY', 'TINY'] }), appRecord('other')]);
  for (const app of ['shop', 'other']) observer.console({ app, version: 'v1', requestId: 'r', level: 'warn', text: 'key s3cr3t(x) plain-value a' });
  const texts = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  assert.deepEqual(texts, ['key *** plain-value a', 'key s3cr3t(x) plain-value a']);
});

test('pretty: a request on one line, control characters written out', () => {
  const { lines, observer } = collect('info');
  observer.request({ ...REQUEST, path: '/\u001b[31m' });
  const text = prettyLine(lines[0] as string, { colors: false });
  assert.match(text, /^\d\d:\d\d:\d\d\.\d{3} shop GET \/\\x1b\[31m 200 1\.235 ms\n$/);
});

test('json and pretty: nothing in a line steers a terminal or turns its text around', () => {
  const hostile = 'a\u001b[2J\u009b2J\u007f\u0085\u2028\u202e\u2066\u200f b';
  const { lines, observer } = collect('info');
  observer.console({ app: 'shop', version: 'v1', requestId: 'r1', level: 'log', text: hostile });
  const [line = ''] = lines;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
  assert.doesNotMatch(line, steering);
  assert.equal((JSON.parse(line) as { msg: string }).msg, hostile);
  assert.doesNotMatch(prettyLine(line, { colors: false }), steering);
});

test('pretty: a stack is indented below its line', () => {
  const { lines, observer } = collect('info');
  observer.exception('shop', 'v1', 'r', 'fetch', { name: 'TypeError', message: 'no', stack: 'TypeError: no\n    at a.ts:1:2' });
  assert.match(prettyLine(lines[0] as string, { colors: false }), /error shop TypeError: no where=fetch\n {4}TypeError: no\n {8}at a\.ts:1:2\n$/);
});

test('line writer: lines of two processes on one pipe stay whole', async () => {
  const program = `
    import { LineWriter } from ${JSON.stringify(new URL('./line-writer.ts', import.meta.url).href)};
    const writer = new LineWriter(1);
    for (let i = 0; i < 3000; i++) writer.write(process.argv[1].repeat(50 + (i % 200)) + '\\n');
    writer.write('.'.repeat(9000) + '\\n');`;
  // A shell makes a real pipe; Node's own are socket pairs.
  const shell = spawn('sh', ['-c', '("$0" --input-type=module -e "$1" a & "$0" --input-type=module -e "$1" b & wait) | cat', process.execPath, program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  shell.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(shell, 'close');
  const lines = text.split('\n').filter((line) => line.length < 1000);
  for (const letter of ['a', 'b']) {
    const own = lines.filter((line) => line.startsWith(letter));
    assert.equal(own.filter((line) => line === letter.repeat(line.length)).length, 3000);
  }
});

const collected = async (observer: MetricsObserver): Promise<MetricJson[]> => (await Array.fromAsync(observer.collect(), parseMetrics)).flat();

test('metrics: counters of several engines add up, gauges of a dead one go', async () => {
  const one = new MetricsObserver(() => ({ isolates: { idle: 2 }, heapBytes: 10 }));
  const two = new MetricsObserver(() => ({ isolates: { idle: 3 }, heapBytes: 1 }));
  one.request(REQUEST);
  two.request({ ...REQUEST, status: 503 });
  two.request(REQUEST);
  two.limit('shop', 'v1', 'r', 'cpu');
  const text = await mergeMetrics([lasting(await collected(one)), await collected(two)]).metrics();
  assert.match(text, /^nano_requests_total\{app="shop",status="2xx"\} 2$/m);
  assert.match(text, /^nano_requests_total\{app="shop",status="5xx"\} 1$/m);
  assert.match(text, /^nano_request_duration_seconds_bucket\{le="0.0025",app="shop"\} 3$/m);
  assert.match(text, /^nano_request_duration_seconds_count\{app="shop"\} 3$/m);
  assert.match(text, /^nano_isolates\{state="idle"\} 3$/m);
  assert.match(text, /^nano_limit_hits_total\{app="shop",limit="cpu"\} 1$/m);
  assert.deepEqual(parseMetrics('not json'), []);
});

test('metrics: of many apps they come in pieces, with turns for others between them', async () => {
  const isolate = { isolates: 1, heapBytes: 1, externalBytes: 0, wasmBytes: 0 };
  const observer = new MetricsObserver(() => ({ isolates: {}, heapBytes: 0, byApp: new Map([['only resident', isolate]]) }));
  const names = Array.from({ length: 2000 }, (_, at) => `app-${at}`);
  for (const app of names) observer.request({ ...REQUEST, app });
  let pieces = 0;
  let turns = 0;
  const all: MetricJson[] = [];
  for await (const text of observer.collect()) {
    pieces++;
    setImmediate(() => turns++);
    all.push(...parseMetrics(text));
  }
  assert.ok(pieces > 2, `${pieces} pieces`);
  assert.ok(turns >= pieces - 1, `${turns} turns between ${pieces} pieces`);
  const of = (name: string): unknown[] => all.filter((metric) => metric.name === name).flatMap(({ values }) => values);
  assert.deepEqual(
    of('nano_requests_total'),
    names.map((app) => ({ value: 1, labels: { app, status: '2xx' } })),
  );
  assert.deepEqual(of('nano_app_isolates'), [{ value: 1, labels: { app: 'only resident' } }]);
  assert.equal(of('nano_isolate_heap_bytes').length, 1);
});

test('metrics: of one app with many queues every piece is a short message', async () => {
  const observer = new MetricsObserver();
  const queues = Array.from({ length: 10_000 }, (_, at) => `${'q'.repeat(55)}-${at}`);
  for (const queue of queues) observer.messages('a'.repeat(63), queue, 1, 2);
  const texts = await Array.fromAsync(observer.collect());
  for (const { length } of texts) assert.ok(length < 800_000, `${length} letters`);
  const values = texts.flatMap((text) => parseMetrics(text)).flatMap(({ name, values }) => (name === 'nano_queue_messages_total' ? values : []));
  assert.equal(values.length, 20_000);
  assert.equal(new Set(values.map(({ labels }) => `${labels['queue']} ${labels['result']}`)).size, 20_000);
});

test('line writer: a flush at exit repeats nothing and loses nothing', async () => {
  const program = `
    import { LineWriter } from ${JSON.stringify(new URL('./line-writer.ts', import.meta.url).href)};
    const writer = new LineWriter(1);
    for (let i = 0; i < 2000; i++) writer.write('line ' + i + ' ' + 'x'.repeat(100) + '\\n');
    setImmediate(() => { writer.write('last\\n'); process.exit(0); });`;
  const child = spawn('sh', ['-c', '"$0" --input-type=module -e "$1" | cat', process.execPath, program], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(child, 'close');
  assert.deepEqual(
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[1] ?? line),
    [...Array.from({ length: 2000 }, (_, i) => String(i)), 'last'],
  );
});
