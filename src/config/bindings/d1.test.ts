import assert from 'node:assert/strict';
import test from 'node:test';
import { project } from '../project.fixture.ts';
import { readWorkerConfig } from '../worker.ts';

test('d1: an id that is left empty, as templates have it, is the name, or the app’s own', (t) => {
  const d1_databases = [
    { binding: 'NAMED', database_name: 'goods', database_id: '' },
    { binding: 'OWN', database_id: '' },
  ];
  const dir = project(t, { 'wrangler.json': { name: 'shop', main: 'i.js', compatibility_date: '2026-01-01', d1_databases }, 'i.js': '' });
  assert.deepEqual(
    readWorkerConfig(dir).bindings.map(({ name, options }) => [name, options['id']]),
    [
      ['NAMED', 'goods'],
      ['OWN', 'shop-OWN'],
    ],
  );
});
