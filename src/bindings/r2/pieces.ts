/** The files of an object as one stream. */
import { Readable } from 'node:stream';
import type { Blobs } from '../../storage/blobs.ts';
import { MOST_OPEN_PIECES, type Piece } from './objects.ts';

/**
 * Opens what is to be read. Once this has resolved the object may be replaced: the files of one in many parts, which
 * cannot all be open at once, are kept for a while (see ObjectTable).
 * @throws ENOENT where one is gone already
 */
export async function openPieces(blobs: Blobs, pieces: readonly Piece[]): Promise<Readable> {
  const opened: Promise<Readable>[] = pieces.slice(0, MOST_OPEN_PIECES).map(({ blob, offset, length }) => blobs.open(blob, offset, length));
  const results = await Promise.allSettled(opened);
  const failed = results.find((result) => result.status === 'rejected');
  const streams = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (failed !== undefined) {
    for (const stream of streams) stream.destroy();
    throw failed.reason;
  }
  const [first] = streams;
  if (first !== undefined && pieces.length === 1) return first;
  return Readable.from(chunks(blobs, streams, pieces), { objectMode: false, highWaterMark: 256 * 1024 }).once('close', () => {
    for (const stream of streams) stream.destroy();
  });
}

async function* chunks(blobs: Blobs, streams: readonly Readable[], pieces: readonly Piece[]): AsyncGenerator<Uint8Array> {
  for (const [at, { blob, offset, length }] of pieces.entries()) yield* streams[at] ?? (await blobs.open(blob, offset, length));
}
