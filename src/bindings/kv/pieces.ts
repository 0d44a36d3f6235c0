/** Large values in pieces: so that nobody else waits for the whole of one. */
import { open } from 'node:fs/promises';

/** Bytes of a file that are read at once. */
export const PIECE_BYTES = 256 * 1024;
/** Characters of a text that are made bytes of at once. */
const PIECE_CHARACTERS = 256 * 1024;

/** The text in a file; what is no UTF-8 becomes U+FFFD. A byte order mark is a character, as in Cloudflare's. */
export async function readText(path: string): Promise<string> {
  let text = '';
  const file = await open(path);
  for await (const chunk of file.createReadStream({ encoding: 'utf8', highWaterMark: PIECE_BYTES })) text += chunk as string;
  return text;
}

/** The UTF-8 of a text; no piece ends in the middle of a character. */
export function* encoded(text: string): Generator<Uint8Array> {
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + PIECE_CHARACTERS, text.length);
    if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end--;
    yield Buffer.from(text.slice(at, end));
    at = end;
  }
}

/** Tells of each piece that passes how long it is. */
export async function* counted(body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, count: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    count(piece.length);
    yield piece;
  }
}
