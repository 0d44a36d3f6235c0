/**
 * One object of several gigabytes, in and out through a worker and through S3, in bodies that nobody may keep in memory:
 *
 *     npm run soak:large -- [--gb N] [--mb-allowed N]
 *
 * Fails when bytes differ, or when any process of the server took more memory than it may. Needs twice the size on the disk.
 */
import { createHash } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AwsClient } from 'aws4fetch';
import { folder } from '../support/folder.ts';
import { NanoProcess, runNano } from '../support/nano-process.ts';
import { amountOption, commandLine, wholeOption } from '../../bench/kit/command-line.ts';
import { family } from '../../bench/kit/usage.ts';
import { size } from './processes.ts';

const USAGE = 'npm run soak:large -- [--gb N] [--mb-allowed N]';
const { values } = commandLine(USAGE, { options: { gb: { type: 'string', default: '5' }, 'mb-allowed': { type: 'string', default: '200' } } });
const SIZE = Math.round(amountOption(USAGE, 'gb', values.gb) * 1e9);
const MOST_GROWTH_MB = wholeOption(USAGE, 'mb-allowed', values['mb-allowed']);
const SAMPLE_MS = 100;

const APP = `export default {
  async fetch(request, { BUCKET }) {
    const { pathname } = new URL(request.url);
    if (request.method === 'PUT') return Response.json(await BUCKET.put('object', request.body));
    const object = await BUCKET.get('object');
    if (pathname === '/stream') return new Response(object.body);
    let size = 0;
    for await (const chunk of object.body) size += chunk.byteLength;
    return Response.json({ size });
  },
};`;
const CONFIG = {
  name: 'large',
  main: 'index.js',
  compatibility_date: '2026-01-01',
  r2_buckets: [{ binding: 'BUCKET', bucket_name: 'large' }],
  limits: { cpu_ms: 300_000 },
  nano: { limits: { request_body_bytes: 5 * 1024 ** 3 } },
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Bytes that no file system and no compression makes fewer: one block, with its number at its start. */
const BLOCK = Buffer.alloc(1024 * 1024);
for (let at = 0; at < BLOCK.length; at += 4) BLOCK.writeUInt32LE((at * 2654435761) >>> 0, at);

function* bytes(): Generator<Buffer> {
  for (let at = 0; at < SIZE; at += BLOCK.length) {
    const block = Buffer.from(BLOCK);
    block.writeUInt32LE((at / BLOCK.length) >>> 0, 0);
    yield SIZE - at < block.length ? block.subarray(0, SIZE - at) : block;
  }
}

type Answer = { status: number; response: IncomingMessage };

async function send(url: string, method: string, headers: Record<string, string>, body?: Iterable<Buffer>): Promise<Answer> {
  const sent = request(url, { method, headers: body === undefined ? headers : { ...headers, 'content-length': String(SIZE) } });
  const answer = new Promise<Answer>((resolve, reject) => {
    sent.on('response', (response) => resolve({ status: response.statusCode ?? 0, response }));
    sent.on('error', reject);
  });
  if (body === undefined) sent.end();
  else await pipeline(Readable.from(body, { objectMode: false, highWaterMark: 4 * BLOCK.length }), sent);
  return answer;
}

async function digestOf(response: IncomingMessage): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of response as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}

async function textOf({ response }: Answer): Promise<string> {
  return (await response.setEncoding('utf8').toArray()).join('');
}

async function main(): Promise<boolean> {
  const hash = createHash('md5');
  for (const block of bytes()) hash.update(block);
  const md5 = hash.digest('hex');
  const dir = folder({ 'large/index.js': APP, 'large/wrangler.json': JSON.stringify(CONFIG) });
  const keys = JSON.parse((await runNano(['r2', 'token', 'create', '--json'], { cwd: dir })).stdout) as { accessKeyId: string; secretAccessKey: string };
  const s3 = new AwsClient({ ...keys, service: 's3', region: 'auto' });
  const nano = new NanoProcess(['serve', '.', '--port', '0', '--admin-port', '0', '--ip', '127.0.0.1', '--engines', '1'], { cwd: dir });
  try {
    const { port, adminPort } = await nano.line({ msg: 'listening' });
    const worker = `http://127.0.0.1:${Number(port)}`;
    const host = { host: 'large.localhost' };
    const signed = async (method: string): Promise<string> =>
      (await s3.sign(`http://127.0.0.1:${Number(adminPort)}/s3/large/by-s3`, { method, aws: { signQuery: true } })).url;
    const outcomes: boolean[] = [];
    const step = async (name: string, run: () => Promise<boolean>): Promise<void> => {
      outcomes.push(await measured(nano.child.pid ?? 0, name, run));
    };
    // Once small, so that what is made on first use is there.
    await textOf(await send(`${worker}/none`, 'GET', host));
    await step('put through a worker', async () => (await textOf(await send(worker, 'PUT', host, bytes()))).includes(md5));
    await step('get through a worker, streamed', async () => (await digestOf((await send(`${worker}/stream`, 'GET', host)).response)) === md5);
    await step('get in a worker, chunk by chunk', async () => (await textOf(await send(`${worker}/count`, 'GET', host))) === JSON.stringify({ size: SIZE }));
    await step('put through S3', async () => (await send(await signed('PUT'), 'PUT', {}, bytes())).response.headers.etag === `"${md5}"`);
    await step('get through S3', async () => (await digestOf((await send(await signed('GET'), 'GET', {})).response)) === md5);
    return outcomes.every(Boolean);
  } finally {
    await nano.stop();
  }
}

/** Runs a step and watches the memory of every process of the server meanwhile. */
async function measured(pid: number, name: string, run: () => Promise<boolean>): Promise<boolean> {
  const residents = (): Map<number, number> => new Map(family(pid).map((each) => [each, size(each).residentMb]));
  const before = residents();
  const most = new Map(before);
  const watching = setInterval(() => {
    for (const [each, mb] of residents()) most.set(each, Math.max(mb, most.get(each) ?? 0));
  }, SAMPLE_MS);
  const start = performance.now();
  const isRight = await run().finally(() => clearInterval(watching));
  const seconds = (performance.now() - start) / 1000;
  const growth = [...most].map(([each, mb]) => mb - (before.get(each) ?? 0));
  const worst = Math.max(...growth);
  const shown = [...most].map(([each, mb]) => `${(before.get(each) ?? 0).toFixed(0)}→${mb.toFixed(0)}`).join(', ');
  say(
    `${name}: ${isRight ? 'right' : 'WRONG'}, ${seconds.toFixed(1)} s, ${(SIZE / 1e6 / seconds).toFixed(0)} MB/s; MB resident before and at most, by process: ${shown}`,
  );
  if (worst > MOST_GROWTH_MB) say(`${name}: a process has grown by ${worst.toFixed(0)} MB`);
  return isRight && worst <= MOST_GROWTH_MB;
}

process.exitCode = (await main()) ? 0 : 1;
process.exit();
