/**
 * What `binaryType` is until the app sets it.
 *
 * In the core, since it is decided when the app is loaded, long before its first socket.
 * @see https://developers.cloudflare.com/workers/configuration/compatibility-flags/#websocket-standard-binary-type
 */
import { ArrayPrototypeIncludes } from '../../primordials.ts';

const FLAG = 'websocket_standard_binary_type';
const SINCE = '2026-03-17';

export let defaultBinaryType: 'blob' | 'arraybuffer' = 'blob';

/** Blob as the standard says, or ArrayBuffer as Workers of an earlier date have it. An empty date is today's. */
export function decideBinaryType(date: string, flags: readonly string[]): void {
  const isStandard = ArrayPrototypeIncludes(flags, FLAG) || (!ArrayPrototypeIncludes(flags, `no_${FLAG}`) && (date === '' || date >= SINCE));
  defaultBinaryType = isStandard ? 'blob' : 'arraybuffer';
}
