import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_CALL_BYTES } from '../../storage/pool/server.ts';
import { writeCall } from '../../storage/pool/wire.ts';
import type { BindingScope, Caller } from '../binding.ts';
import { d1Manifest } from './index.ts';

const MOST = 16 * 1024 * 1024;

test('D1: a request is as long as the router takes it, in bytes', () => {
  const sent: string[] = [];
  const stores = { call: (_address: unknown, _method: string, [, request]: readonly unknown[]) => void sent.push(String(request)) };
  const database = d1Manifest.open('DB', { id: 'x' }, { app: 'app', group: 'group', stores } as unknown as BindingScope);
  const ask = (request: string): unknown => database.call('query', [request], {} as Caller);
  ask('x'.repeat(MOST));
  ask('€'.repeat(MOST / 3));
  for (const long of ['x'.repeat(MOST + 1), '€'.repeat(MOST / 3 + 1)])
    assert.throws(() => ask(long), { message: 'D1_ERROR: string or blob too big: SQLITE_TOOBIG' });
  const longest = writeCall(1, 'a'.repeat(65_535), 'k'.repeat(65_535), sent[0] ?? '');
  assert.deepEqual([sent.length, longest.length - 4 <= MOST_CALL_BYTES], [2, true]);
});
