import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'node:test';
import { type EnvFileOptions, readEnvFiles } from './env-files.ts';
import { ConfigError } from './problem.ts';
import { project } from './project.fixture.ts';

const OPTIONS: EnvFileOptions = { env: undefined, dotEnv: true, inherited: {} };

test('readEnvFiles: .dev.vars switches .env files off', (t) => {
  const dir = project(t, { '.dev.vars': 'A=1\n# comment\nexport B="two words"\nC=\'$A\'\n', '.env': 'D=4' });
  const { values, files } = readEnvFiles(dir, OPTIONS);
  assert.deepEqual(values, { A: '1', B: 'two words', C: '$A' });
  assert.deepEqual(
    files.map((file) => basename(file)),
    ['.dev.vars'],
  );
});

test('readEnvFiles: .dev.vars.<env> stands in for .dev.vars', (t) => {
  const dir = project(t, { '.dev.vars': 'A=1\nB=1', '.dev.vars.prod': 'A=2' });
  assert.deepEqual(readEnvFiles(dir, { ...OPTIONS, env: 'prod' }).values, { A: '2' });
  assert.deepEqual(readEnvFiles(dir, { ...OPTIONS, env: 'other' }).values, { A: '1', B: '1' });
});

test('readEnvFiles: .env files are merged, later ones win', (t) => {
  const dir = project(t, { '.env': 'A=1\nB=1\nC=1\nD=1', '.env.local': 'B=2', '.env.prod': 'C=3', '.env.prod.local': 'D=4' });
  assert.deepEqual(readEnvFiles(dir, { ...OPTIONS, env: 'prod' }).values, { A: '1', B: '2', C: '3', D: '4' });
  assert.deepEqual(readEnvFiles(dir, OPTIONS).values, { A: '1', B: '2', C: '1', D: '1' });
  assert.deepEqual(readEnvFiles(dir, { ...OPTIONS, dotEnv: false }).values, {});
});

test('readEnvFiles: expands references in .env files', (t) => {
  const dir = project(t, { '.env': 'HOST=h\nURL=http://${HOST}:$PORT/${NONE:-x}\nPRICE=\\$5\nLOOP=$POOL\nPOOL=${LOOP}!' });
  const { values } = readEnvFiles(dir, { ...OPTIONS, inherited: { PORT: '80', HOST: 'outer' } });
  assert.equal(values['URL'], 'http://outer:80/x');
  assert.equal(values['PRICE'], '$5');
  assert.equal(values['LOOP'], '!');
});

test('readEnvFiles: references to references cannot fill the memory', (t) => {
  const lines = ['A0=0123456789'];
  for (let i = 1; i < 12; i++) lines.push(`A${i}=${`$A${i - 1}`.repeat(20)}`);
  const dir = project(t, { '.env': lines.join('\n') });
  assert.equal(readEnvFiles(dir, OPTIONS).values['A11']?.length, 256 * 1024);
});

test('readEnvFiles: a file that cannot be read is an error, a missing one is not', (t) => {
  const dir = project(t, {});
  assert.deepEqual(readEnvFiles(dir, OPTIONS).values, {});
  symlinkSync('.dev.vars', join(dir, '.dev.vars'));
  assert.throws(
    () => readEnvFiles(dir, OPTIONS),
    (error) => error instanceof ConfigError && /circle/.test(error.message),
  );
});
