import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBlank, parametersOf, statementsOf } from './sql-text.ts';

const parameters = (sql: string): [number, [number, string][]] => {
  const { count, names } = parametersOf(sql);
  return [count, [...names]];
};

test('parameters: are numbered as SQLite numbers them', () => {
  assert.deepEqual(parameters('SELECT 1'), [0, []]);
  assert.deepEqual(parameters('SELECT ?, ?, ?'), [3, []]);
  assert.deepEqual(parameters('SELECT ?3, ?'), [4, []]);
  assert.deepEqual(parameters('SELECT :a, ?, :a, @b'), [
    3,
    [
      [0, ':a'],
      [2, '@b'],
    ],
  ]);
});

test('parameters: none in strings, names and comments', () => {
  assert.deepEqual(parameters(`SELECT '?''?', "?", [?], \`?\` -- ?\n/* ? */ /* ?`), [0, []]);
});

test('statements: end at semicolons that are none of a string, name, comment or trigger', () => {
  assert.deepEqual(statementsOf("SELECT ';'; -- ;\nSELECT 2 /* ; */;;\n"), ["SELECT ';'", '-- ;\nSELECT 2 /* ; */']);
  const trigger = "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; SELECT ';'; END";
  assert.deepEqual(statementsOf(`${trigger}; SELECT 1`), [trigger, 'SELECT 1']);
  assert.deepEqual(statementsOf('-- nothing\n;/* at all */'), []);
});

test('isBlank: comments and semicolons are nothing', () => {
  assert.equal(isBlank(' ;-- a\n/* b */ ; /* c'), true);
  assert.equal(isBlank('-- a\nSELECT 1'), false);
});
