/**
 * The global `Cloudflare`: what an app can learn of where it runs.
 *
 * The host is asked for the flags when somebody first looks: the word alone stands in many sources.
 * @see https://developers.cloudflare.com/workers/configuration/compatibility-flags/
 */
import { Sync } from '../../protocol/ops.ts';
import { callSync } from '../bridge.ts';
import { ObjectCreate, ObjectDefineProperty, ObjectFreeze, StringPrototypeSplit, SymbolToStringTag } from '../primordials.ts';

/** Every flag there is, by the name that turns it on: is it in force? */
const readFlags = (): Readonly<Record<string, boolean>> => {
  const flags = ObjectCreate(null) as Record<string, boolean>;
  const lines = StringPrototypeSplit(callSync(Sync.flags) as string, '\n');
  for (let i = 0; i < lines.length; i++) {
    const parts = StringPrototypeSplit(lines[i] as string, ' ');
    flags[parts[0] as string] = parts[1] === '1';
  }
  return ObjectFreeze(flags);
};

let flags: Readonly<Record<string, boolean>> | undefined;

/** The one object. */
export const Cloudflare: object = ObjectDefineProperty(
  {
    get compatibilityFlags(): Readonly<Record<string, boolean>> {
      flags ??= readFlags();
      return flags;
    },
  },
  SymbolToStringTag,
  { value: 'Cloudflare', configurable: true },
);
