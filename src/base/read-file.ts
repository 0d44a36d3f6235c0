/**
 * Reads a small file in as few trips to a thread as it takes: two, where `readFile` makes four and a promise for each.
 */
import { close, open, read } from 'node:fs';
import { readFile } from 'node:fs/promises';

/**
 * @param expected bytes that the file has, or most likely has no more than
 * @throws the system's error
 */
export function readFileOf(path: string, expected: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    open(path, 'r', (error, descriptor) => {
      if (error !== null) return reject(error);
      const room = Buffer.allocUnsafe(expected + 1);
      read(descriptor, room, 0, room.length, 0, (failure, length) => {
        close(descriptor, () => {});
        if (failure !== null) reject(failure);
        // There is more of it.
        else if (length === room.length) readFile(path).then(resolve, reject);
        else resolve(room.subarray(0, length));
      });
    });
  });
}
