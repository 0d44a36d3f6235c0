/**
 * Reads a file that somebody else has put there: no pipe that never ends or is never written to, no device, no more than so many bytes.
 *
 * What a path names is found out after it has been opened, so that nothing can take its place in between; opening does not wait for whoever writes to a pipe.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** What is there cannot be read as a file. The message is a sentence without the path. */
export class OddFileError extends Error {
  /** Its size, where that is what is wrong. */
  readonly size: number | undefined;

  constructor(message: string, size?: number) {
    super(message);
    this.name = 'OddFileError';
    this.size = size;
  }
}

type Info = { isFile(): boolean; isDirectory(): boolean; size: number };

const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** @throws OddFileError, or the system's error */
export function readRegularFileSync(path: string, maxBytes: number): Buffer {
  const descriptor = openSync(path, FLAGS);
  try {
    const bytes = room(fstatSync(descriptor), maxBytes);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) read = readSync(descriptor, bytes, length, bytes.length - length, null);
    return whole(bytes, length, maxBytes);
  } finally {
    closeSync(descriptor);
  }
}

/** @throws OddFileError, or the system's error */
export async function readRegularFile(path: string, maxBytes: number): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, FLAGS);
    const bytes = room(await handle.stat(), maxBytes);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) read = (await handle.read(bytes, length, bytes.length - length, null)).bytesRead;
    return whole(bytes, length, maxBytes);
  } finally {
    await handle?.close();
  }
}

/** One byte more than it has: a file that grows meanwhile is seen to. */
function room(info: Info, maxBytes: number): Buffer {
  if (info.isDirectory()) throw Object.assign(new Error('EISDIR: illegal operation on a directory, read'), { code: 'EISDIR', syscall: 'read' });
  if (!info.isFile()) throw new OddFileError('It is no regular file.');
  if (info.size > maxBytes) throw tooLarge(info.size, maxBytes);
  return Buffer.allocUnsafe(info.size + 1);
}

function whole(bytes: Buffer, length: number, maxBytes: number): Buffer {
  if (length > maxBytes) throw tooLarge(length, maxBytes);
  return bytes.subarray(0, length);
}

function tooLarge(size: number, maxBytes: number): OddFileError {
  return new OddFileError(`It has ${size} bytes; ${maxBytes} are allowed.`, size);
}
