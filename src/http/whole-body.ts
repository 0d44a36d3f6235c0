/**
 * Small bodies that came with the head of their request, in one piece.
 *
 * What the sockets had has been parsed when this round of the event loop ends: by then a small body is there as a rule.
 * It goes to the app with the request, which saves the isolate from asking for it.
 */
import { isAscii } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

/** Larger ones are cheaper to move than to copy. */
const MOST_BYTES = 32 * 1024;

/** May it be that the body has come already? @param length as declared; undefined where it was not */
export function mayBeWhole(length: number | undefined): boolean {
  return length === undefined || length <= MOST_BYTES;
}

/**
 * The body, where all of it is there; it is taken off the message. To be called in the round after the head.
 * @param limit bytes it may have
 * @returns plain ASCII as text, everything else as bytes; undefined where it has to be read as it comes
 */
export function takeWhole(message: IncomingMessage, limit: number): string | Uint8Array | undefined {
  const length = message.readableLength;
  if (!message.complete || length === 0 || length > Math.min(limit, MOST_BYTES)) return undefined;
  const bytes = message.read(length) as Buffer;
  return isAscii(bytes) ? bytes.toString('latin1') : bytes;
}
