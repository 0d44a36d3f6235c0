import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { answering, folder } from '../../test/support/folder.ts';
import { WorkerBuilder } from './worker-builder.ts';

test('build: an entry that is empty, as one that is being saved, is no version', async (t) => {
  const dir = folder({ 'index.js': answering('first') });
  const builder = new WorkerBuilder(dir, { worker: {}, build: {}, incremental: true });
  t.after(() => builder.dispose());
  const { digest } = await builder.build();
  for (const text of ['', '\n  \n']) {
    writeFileSync(join(dir, 'index.js'), text);
    await assert.rejects(builder.build(), { name: 'ConfigError', message: /The file is empty: this script does nothing/ });
  }
  writeFileSync(join(dir, 'index.js'), answering('first'));
  assert.equal((await builder.build()).digest, digest);
});
