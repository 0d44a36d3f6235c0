/** The files of an object as one stream. */
import type { KeyObject } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Blobs } from '../../storage/blobs.ts';
import { MOST_OPEN_PIECES, type Piece } from './objects.ts';
import { keyOfFile, sealedSpan, unsealed } from './sealing.ts';

/**
 * Opens what is to be read. Once this has resolved the object may be replaced: the files of one in many parts, which
 * cannot all be open at once, are kept for a while (see ObjectTable).
 * @param customerKey that they are encrypted with @throws ENOENT where one is gone already
 */
export async function openPieces(blobs: Blobs, pieces: readonly Piece[], customerKey?: KeyObject): Promise<Readable> {
  const opened: Promise<Readable>[] = pieces.slice(0, MOST_OPEN_PIECES).map((piece) => open(blobs, piece, customerKey));
  const results = await Promise.allSettled(opened);
  const failed = results.find((result) => result.status === 'rejected');
  const streams = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (failed !== undefined) {
    for (const stream of streams) stream.destroy();
    throw failed.reason;
  }
  const [first] = streams;
  if (first !== undefined && pieces.length === 1) return first;
  return Readable.from(chunks(blobs, streams, pieces, customerKey), { objectMode: false, highWaterMark: 256 * 1024 }).once('close', () => {
    for (const stream of streams) stream.destroy();
  });
}

async function* chunks(blobs: Blobs, streams: readonly Readable[], pieces: readonly Piece[], customerKey: KeyObject | undefined): AsyncGenerator<Uint8Array> {
  for (const [at, piece] of pieces.entries()) yield* streams[at] ?? (await open(blobs, piece, customerKey));
}

async function open(blobs: Blobs, { blob, offset, length, size }: Piece, customerKey: KeyObject | undefined): Promise<Readable> {
  if (customerKey === undefined) return blobs.open(blob, offset, length);
  const span = sealedSpan({ offset, length }, size);
  return unsealed(await blobs.open(blob, span.offset, span.length), { key: keyOfFile(customerKey, blob), offset, length, size });
}
