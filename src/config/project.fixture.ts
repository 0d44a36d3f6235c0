/** Test projects in temporary folders, gone after the test. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

export type Files = Readonly<Record<string, string | Uint8Array | object>>;

/** A folder with these files; objects are written as JSON. Returns its real path. */
export function project(t: TestContext, files: Files): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'nano-test-')));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  addFiles(dir, files);
  return dir;
}

export function addFiles(dir: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content, undefined, 2));
  }
}
