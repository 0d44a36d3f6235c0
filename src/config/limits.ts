/** Which limits hold for an app: what it asks for, below what the server allows. */
import { CEILING_LIMITS, DEFAULT_LIMITS, LIMIT_NAMES, LIMITS, type LimitName, type Limits } from '../protocol/limits.ts';

export interface ServerLimits {
  readonly defaults: Limits;
  readonly ceilings: Limits;
}

const BUILT_IN_LIMITS: ServerLimits = Object.freeze({ defaults: DEFAULT_LIMITS, ceilings: CEILING_LIMITS });

/** A limit an app asked for and did not get. */
export interface Lowered {
  readonly name: LimitName;
  readonly asked: number;
  readonly given: number;
}

/** The limits of an app, and those of its wishes that went over the ceiling and were lowered to it. */
export function resolveLimits(
  asked: Readonly<Partial<Record<LimitName, number>>>,
  server: ServerLimits = BUILT_IN_LIMITS,
): { limits: Limits; lowered: readonly Lowered[] } {
  const limits = {} as Record<LimitName, number>;
  const lowered: Lowered[] = [];
  for (const name of LIMIT_NAMES) {
    const wish = LIMITS[name].scope === 'app' ? asked[name] : undefined;
    const given = Math.min(wish ?? server.defaults[name], server.ceilings[name]);
    if (wish !== undefined && wish > given) lowered.push(Object.freeze({ name, asked: wish, given }));
    limits[name] = given;
  }
  return { limits: Object.freeze(limits), lowered: Object.freeze(lowered) };
}

/** The name of the limit with a configuration key. */
export function limitOfKey(key: string): LimitName | undefined {
  return LIMIT_NAMES.find((name) => LIMITS[name].key === key);
}

/** The configuration keys of the limits that an app, or a server, may set. */
export function limitKeys(who: 'app' | 'server'): readonly string[] {
  return LIMIT_NAMES.filter((name) => who === 'server' || LIMITS[name].scope === 'app').map((name) => LIMITS[name].key);
}
