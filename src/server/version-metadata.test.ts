import assert from 'node:assert/strict';
import test from 'node:test';
import { folder } from '../../test/support/folder.ts';
import { versionId } from '../base/version-id.ts';
import { versionMetadata } from './version-metadata.ts';

test('versionId: a UUID that begins with the version', () => {
  assert.match(versionId('0123456789ab'), /^01234567-89ab-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(versionId('0123456789ab'), versionId('0123456789ab'));
  assert.notEqual(versionId('0123456789ab'), versionId('0123456789ac'));
});

test('versionMetadata: the time is that of the bundle, whenever it is asked for', async () => {
  const dir = folder({ 'manifest.json': '{}' });
  const first = await versionMetadata('0123456789ab', dir);
  assert.equal(first.tag, '');
  assert.equal(first.timestamp, new Date(first.timestamp).toISOString());
  assert.deepEqual(await versionMetadata('0123456789ab', dir), first);
});
