/** Writes the reference pages; with --check, says which ones are not what the tables make. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pages } from './reference.ts';

const root = dirname(import.meta.dirname);
const isCheck = process.argv.includes('--check');

for (const [path, make] of Object.entries(pages)) {
  const file = join(root, path);
  const text = make();
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  if (isCheck) {
    process.stderr.write(`${path} is not what the tables in src/ make of it: run "npm run docs" and commit.\n`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    process.stdout.write(`${path} written\n`);
  }
}
