/** Files that are whole or not there: written aside, flushed, and renamed. Only their owner may read them. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export function writeWhole(file: string, text: string): void {
  const aside = `${file}.${process.pid}.tmp`;
  try {
    const descriptor = openSync(aside, 'w', 0o600);
    try {
      // All of it: one write may take less than it is given, when the disk is nearly full.
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(aside, file);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
  flushFolder(dirname(file));
}

function flushFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
