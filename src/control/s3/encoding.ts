/** Keys in documents: as they are, or encoded for clients that ask for it, since XML cannot say every character. */
import { encode } from './signature.ts';

/** @param type of the query's `encoding-type` */
export function shownAs(type: string | undefined): (text: string) => string {
  // Slashes stay, as S3 leaves them.
  return (text) => (type === 'url' ? encode(text).replaceAll('%2F', '/') : text);
}
