/**
 * Close codes and reasons that an app may give.
 * @see https://websockets.spec.whatwg.org/#dom-websocket-close
 */
import { USVString, argument } from '../../webidl.ts';
import { integer } from '../../webidl-types.ts';
import { DOMException } from '../dom-exception.ts';
import { utf8ByteLength } from '../encoding/utf8.ts';

/** A close frame holds 125 bytes, two of which are the code. */
const MOST_REASON_BYTES = 123;
const clampedShort = integer(16, false, { clamp: true });

export type CloseArguments = { code: number; reason: string };

/**
 * Reads the arguments of `close`. The code is 0 where none is given.
 * @param isStandard with the standard's codes only, 1000 and 3000 to 4999; else those of the protocol that may be sent, as on Workers
 */
export function closeArguments(code: unknown, reason: unknown, isStandard: boolean): CloseArguments {
  const number = code === undefined ? 0 : clampedShort(code, argument('close', 'WebSocket', 1));
  const text = reason === undefined ? '' : USVString(reason, argument('close', 'WebSocket', 2));
  if (code !== undefined && !(number === 1000 || (number >= 3000 && number <= 4999) || (!isStandard && isSendable(number)))) {
    throw new DOMException(
      isStandard ? `The close code must be 1000, or between 3000 and 4999. ${number} is neither.` : `Invalid WebSocket close code: ${number}.`,
      'InvalidAccessError',
    );
  }
  if (utf8ByteLength(text) > MOST_REASON_BYTES) throw new DOMException(`The close reason must not be longer than ${MOST_REASON_BYTES} bytes.`, 'SyntaxError');
  if (code === undefined && text !== '') {
    if (!isStandard) throw new DOMException('If you specify a WebSocket close reason, you must also specify a code.', 'InvalidAccessError');
    // https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1: a reason needs a code.
    return { code: 1000, reason: text };
  }
  return { code: number, reason: text };
}

/** May the code stand in a frame? @see https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const isSendable = (code: number): boolean => code >= 1000 && code <= 2999 && code !== 1004 && code !== 1005 && code !== 1006 && code !== 1015;
