/** Folders of apps, which last as long as the file of tests that made them. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export type Files = Readonly<Record<string, string | Uint8Array>>;

const made: string[] = [];
// At the very end: servers that watch them have been stopped by then.
process.on('exit', () => {
  for (const dir of made) rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
});

/** A new temporary folder with these files. */
export function folder(files: Files = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'nano-test-'));
  made.push(dir);
  put(dir, files);
  return dir;
}

/** Writes files, and the folders they are in. */
export function put(dir: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

export function copy(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
}

/** The source of an app that answers with this text. */
export function answering(text: string): string {
  return `export default { fetch() { return new Response(${JSON.stringify(text)}); } };\n`;
}
