/** Files that commands write: there under their name when they are whole, and as they were until then. */
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** @throws what the stream or the file system says; then nothing of it is left */
export async function writeToFile(stream: Readable, name: string): Promise<void> {
  const file = resolve(name);
  const known = await stat(file).catch(() => undefined);
  // A pipe or a device is written to, and not replaced.
  if (known?.isFile() === false) return pipeline(stream, createWriteStream(file));
  const aside = `${file}.partial-${process.pid}`;
  try {
    await pipeline(stream, createWriteStream(aside, { flush: true }));
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}
