/**
 * The errors of the HTML rewriter, in Cloudflare's words.
 * @see https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/#errors
 */
import { TypeErrorCtor } from '../../primordials.ts';

export function parserError(text: string): TypeError {
  return new TypeErrorCtor(`Parser error: ${text}`);
}

/** As much as one rewriter may keep: the unfinished token and the open elements. As Cloudflare's. */
export const MEMORY_LIMIT = 3 * 1024 * 1024;

export function memoryError(): TypeError {
  return parserError('The memory limit has been exceeded.');
}
