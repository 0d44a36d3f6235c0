/** AnalyticsEngineDataset. Rules and words are workerd's. @see https://developers.cloudflare.com/analytics/analytics-engine/get-started/ */
import { requireEvent } from '../../bridge.ts';
import { ArrayBufferIsView, ArrayIsArray, markHandled, NumberCtor, ReflectApply, StringCtor, TypeErrorCtor } from '../../primordials.ts';
import { asBytes } from '../../web/body.ts';
import { utf8ByteLength } from '../../web/encoding/utf8.ts';
import { defineInterface, illegalConstructor, illegalInvocation, isArrayBuffer, isObject } from '../../webidl.ts';
import { callBinding } from './call.ts';

const MOST_MEMBERS = 20;
const MOST_BLOB_BYTES = 16_000;
const MOST_INDEX_BYTES = 96;
const PREFIX = 'writeDataPoint(): ';

const internal = Symbol('internal');

type Point = { indexes?: unknown; blobs?: unknown; doubles?: unknown };

function listOf(value: unknown, name: string): readonly unknown[] {
  if (value === undefined) return [];
  if (!ArrayIsArray(value))
    throw new TypeErrorCtor(`Incorrect type for the '${name}' field on 'AnalyticsEngineEvent': the provided value is not of type 'Array'.`);
  return value;
}

/** Text or bytes; null where there is nothing. */
function memberOf(value: unknown): string | Uint8Array | null {
  if (value === null || value === undefined) return null;
  return ArrayBufferIsView(value) || isArrayBuffer(value) ? asBytes(value) : StringCtor(value);
}

const sizeOf = (member: string | Uint8Array | null): number => (member === null ? 0 : typeof member === 'string' ? utf8ByteLength(member) : member.length);

function atMost(list: readonly unknown[], most: number, name: string): void {
  if (list.length > most) throw new TypeErrorCtor(`${PREFIX}Maximum of ${most} ${name} supported.`);
}

export class AnalyticsEngine {
  readonly #index: number;

  constructor(key: unknown, index: number) {
    if (key !== internal) throw illegalConstructor();
    this.#index = index;
  }

  /** Writes a point; nobody waits for it. @throws TypeError for a point that is too large */
  writeDataPoint(event: unknown = undefined): void {
    if (!isObject(this) || !(#index in this)) throw illegalInvocation();
    requireEvent();
    if (event !== undefined && event !== null && !isObject(event)) {
      throw new TypeErrorCtor("Failed to execute 'writeDataPoint' on 'AnalyticsEngine': parameter 1 is not of type 'AnalyticsEngineEvent'.");
    }
    const { indexes, blobs, doubles } = (event ?? {}) as Point;
    const given = listOf(indexes, 'indexes');
    const texts = listOf(blobs, 'blobs');
    const numbers = listOf(doubles, 'doubles');
    atMost(given, 1, 'indexes');
    const index = memberOf(given[0]);
    if (sizeOf(index) > MOST_INDEX_BYTES) throw new TypeErrorCtor(`${PREFIX}Size of indexes[0] exceeds ${MOST_INDEX_BYTES} bytes).`);
    atMost(texts, MOST_MEMBERS, 'blobs');
    const args: unknown[] = [this.#index, 'write', index, texts.length];
    let total = 0;
    for (let i = 0; i < texts.length; i++) {
      const member = memberOf(texts[i]);
      total += sizeOf(member);
      if (total > MOST_BLOB_BYTES) throw new TypeErrorCtor(`${PREFIX}Cumulative size of blobs exceeds ${MOST_BLOB_BYTES} bytes).`);
      args[args.length] = member;
    }
    atMost(numbers, MOST_MEMBERS, 'doubles');
    for (let i = 0; i < numbers.length; i++) args[args.length] = NumberCtor(numbers[i]);
    markHandled(ReflectApply(callBinding, undefined, args as never) as Promise<unknown>);
  }
}
defineInterface(AnalyticsEngine, 'AnalyticsEngine');

/** The object in env. */
export function bindAnalytics(index: number): AnalyticsEngine {
  return new AnalyticsEngine(internal, index);
}
