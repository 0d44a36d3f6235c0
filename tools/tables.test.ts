import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandProblems, dependencyProblems, errorProblems, globalProblems, limitProblems, opProblems } from './tables.ts';

const RUNTIME = { 'a.ts': "import { Post, Request as Op } from '../protocol/ops.ts';\npost(Post.log); request(Op.fetch);" };
const ops = (post: Record<string, number>, request: Record<string, number> = {}): Parameters<typeof opProblems>[0] => ({
  Post: post,
  Request: request,
  Sync: {},
});

test('ops: finds nothing where each is implemented once and used', () => {
  assert.deepEqual(opProblems(ops({ log: 0 }, { fetch: 1 }), new Set([0, 1]), {}, RUNTIME), []);
});

test('ops: names one that the host does not implement', () => {
  assert.deepEqual(opProblems(ops({ log: 0 }), new Set(), {}, RUNTIME), ['Post.log is implemented nowhere on the host.']);
});

test('ops: accepts one that the app layer answers, and names one that is answered twice', () => {
  const app = { 'worker.ts': "import { Post } from '../protocol/ops.ts';\nswitch (op) { case Post.log: }" };
  assert.deepEqual(opProblems(ops({ log: 0 }), new Set(), app, RUNTIME), []);
  assert.deepEqual(opProblems(ops({ log: 0 }), new Set([0]), app, RUNTIME), ['Post.log is implemented in src/ops and again in src/app.']);
});

test('ops: names one that the runtime never sends', () => {
  assert.deepEqual(opProblems(ops({ logs: 0 }), new Set([0]), {}, RUNTIME), ['Post.logs is used nowhere in the runtime.']);
});

test('ops: names two with one number', () => {
  assert.deepEqual(opProblems(ops({ log: 0 }, { fetch: 0 }), new Set([0]), {}, RUNTIME), ['Request.fetch and Post.log have the same number 0.']);
});

const error = { code: 9001, status: 500, title: 'Broken', fault: 'app', outcome: 'broken' } as const;

test('errors: a code of ours means one thing, a shared one reads the same', () => {
  assert.deepEqual(errorProblems({ a: error, b: { ...error, code: 9002 } }), []);
  assert.equal(errorProblems({ a: error, b: error }).length, 1);
  assert.deepEqual(errorProblems({ a: { ...error, code: 1101 }, b: { ...error, code: 1101, outcome: 'other' } }), []);
  assert.equal(errorProblems({ a: { ...error, code: 1101 }, b: { ...error, code: 1101, status: 503 } }).length, 1);
});

const limit = { name: 'a', key: 'a', default: 2, ceiling: 3, minimum: 1, unit: 'count', scope: 'app', description: '' } as const;

test('limits: names a key that is there twice, a wrong name, a default out of range', () => {
  assert.deepEqual(limitProblems({ a: limit, b: { ...limit, name: 'b', key: 'b' } }), []);
  assert.equal(limitProblems({ a: limit, b: { ...limit, name: 'b' } }).length, 1);
  assert.equal(limitProblems({ b: limit }).length, 1);
  assert.equal(limitProblems({ a: { ...limit, default: 4 } }).length, 1);
});

test('dependencies: each is used and has a reason, and no reason outlives its dependency', () => {
  const host = { 'a.ts': "import { z } from 'zod';" };
  assert.deepEqual(dependencyProblems(['zod', 'node'], '### zod\n### node\n', host), []);
  assert.equal(dependencyProblems(['zod'], '## zod\n', host).length, 1);
  assert.equal(dependencyProblems(['zod'], '### zod\n### pino\n', host).length, 1);
  assert.equal(dependencyProblems(['pino'], '### pino\n', host).length, 1);
  assert.deepEqual(dependencyProblems([], '- **hono** and **marked** are examples.\n', host, ['hono', 'marked']), []);
  assert.equal(dependencyProblems([], '- **hono** is one.\n', host, ['marked']).length, 2);
});

test('globals: what is installed and what is described are the same', () => {
  assert.deepEqual(globalProblems(new Set(['URL', 'fetch']), ['fetch', 'URL']), []);
  assert.deepEqual(globalProblems(new Set(['URL', 'Secret']), ['URL', 'Gone', 'URL']), [
    'The global Secret is not in src/protocol/web-apis.ts.',
    'src/protocol/web-apis.ts has Gone, which is no global.',
    'src/protocol/web-apis.ts has URL twice.',
  ]);
});

test('commands: the page has all of them with their options, and none that is gone', () => {
  const commands = { serve: ['port', 'env'], 'kv key put': ['ttl'] };
  const page = '# Command line\n## Options of all\n--env\n## nano serve\n--port --help\n## nano kv\nnano kv key put --ttl\n';
  assert.deepEqual(commandProblems(commands, page), []);
  assert.deepEqual(commandProblems({ ...commands, 'kv key get': [], repl: [] }, page), [
    'docs/reference/cli.md does not have nano kv key get.',
    'docs/reference/cli.md does not have nano repl.',
  ]);
  assert.deepEqual(commandProblems({ ...commands, 'kv key put': ['ttl', 'to'] }, page), ['docs/reference/cli.md does not have --to of nano kv key put.']);
  assert.deepEqual(commandProblems({ ...commands, 'kv key put': [] }, page), ['docs/reference/cli.md has --ttl in "nano kv": no command there takes it.']);
});
