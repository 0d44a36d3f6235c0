/** What a worker under test/worker must answer. */
import assert from 'node:assert/strict';
import type { LineMatch } from './nano-process.ts';
import type { Ask } from './request.ts';
import type { TestServer } from './server.ts';

export type Expectation = {
  name: string;
  ask?: Ask;
  /** Default 200. */
  status?: number;
  text?: string | RegExp;
  json?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** A line that the log must have about this request. */
  log?: LineMatch;
};

export async function check(server: TestServer, app: string, expected: Expectation): Promise<void> {
  const { ask = {}, status = 200, text, json, headers = {}, log } = expected;
  const answer = await server.get(app, ask.path ?? '/', ask);
  assert.equal(answer.status, status, answer.text);
  if (text instanceof RegExp) assert.match(answer.text, text);
  else if (text !== undefined) assert.equal(answer.text, text);
  if (json !== undefined) assert.deepEqual(JSON.parse(answer.text), json);
  for (const [key, value] of Object.entries(headers)) assert.equal(answer.headers[key], value);
  if (log !== undefined) await server.line({ app, requestId: answer.headers['x-request-id'], ...log });
}
