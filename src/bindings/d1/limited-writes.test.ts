import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitedWrite } from './limited-writes.ts';

const written = (sql: string): string | undefined => limitedWrite(sql)?.sql.replace(/\s+/g, ' ').trim();

test('limitedWrite: a DELETE chooses its rows by a query', () => {
  assert.equal(written('DELETE FROM t LIMIT 2'), 'DELETE FROM t WHERE _rowid_ IN (SELECT _rowid_ FROM t LIMIT 2 )');
  assert.equal(
    written('delete from "a (b" as x where x.c = ? and d in (select 1 limit 1) returning c order by c limit ? offset 1;'),
    'delete from "a (b" as x WHERE _rowid_ IN (SELECT _rowid_ FROM "a (b" as x where x.c = ? and d in (select 1 limit 1) order by c limit ? offset 1 ) returning c',
  );
});

test('limitedWrite: an UPDATE does so after what it sets', () => {
  assert.equal(
    written('UPDATE OR IGNORE t SET a = b IS DISTINCT FROM c WHERE d ORDER BY e LIMIT 1'),
    'UPDATE OR IGNORE t SET a = b IS DISTINCT FROM c WHERE _rowid_ IN (SELECT _rowid_ FROM t WHERE d ORDER BY e LIMIT 1 )',
  );
  assert.equal(
    written('WITH w AS (SELECT 1) UPDATE t SET a = 1 LIMIT 1'),
    'WITH w AS (SELECT 1) UPDATE t SET a = 1 WHERE _rowid_ IN (SELECT _rowid_ FROM t LIMIT 1 )',
  );
});

test('limitedWrite: comments, and where the statement ends', () => {
  const script = 'DELETE FROM t -- WHERE\nWHERE a -- LIMIT\nLIMIT 1 -- end\n; SELECT 1';
  assert.equal(limitedWrite(script)?.length, script.indexOf(';') + 1);
  assert.match(limitedWrite(script)?.sql ?? '', /LIMIT 1 -- end\n\n\)/);
});

test('limitedWrite: nothing of what is no such statement', () => {
  for (const sql of [
    'SELECT 1 LIMIT 1',
    'DELETE FROM t ORDER BY a',
    'UPDATE t SET a = 1 FROM u LIMIT 1',
    'DELETE FROM t RETURNING ? LIMIT ?',
    'INSERT INTO t SELECT 1 LIMIT 1',
    'LIMIT',
    '',
  ])
    assert.equal(limitedWrite(sql), undefined, sql);
});
