/**
 * Values of headers: text to an app, its UTF-8 on the wire, as on Workers. Node shows and takes a character for each byte.
 *
 * The Fetch Standard has byte strings instead; Workers keep to UTF-8 because apps write text.
 */

const NOT_ASCII = /[^\0-\x7f]/;

/** What Node is to send for this text. */
export function toBytes(text: string): string {
  return NOT_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** The text of what Node has received; bytes that are no UTF-8 become U+FFFD. */
export function toText(bytes: string): string {
  return NOT_ASCII.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
}
