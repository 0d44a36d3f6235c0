/**
 * `ctx.props` as the host brings them: numbers of services, a line break, and JSON text, or "~" and what rpc/props.ts
 * has made of what JSON has no words for.
 */
import { chunk } from '../link.ts';
import { JSONParse, StringPrototypeIndexOf, StringPrototypeSlice } from '../primordials.ts';

/** @param text undefined where there are none */
export function readProps(text: unknown): unknown {
  if (text === undefined) return {};
  const end = StringPrototypeIndexOf(text as string, '\n');
  const body = StringPrototypeSlice(text as string, end + 1);
  return body[0] === '~' ? chunk('rpc').decodeProps(StringPrototypeSlice(body, 1), StringPrototypeSlice(text as string, 0, end)) : JSONParse(body);
}
