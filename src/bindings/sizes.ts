/**
 * What a store is called with comes from an engine, which a tenant may have taken over: it may be anything. What is kept is no larger than
 * an engine of ours makes it, or whoever lists it one day gets more than a process can hold.
 */
import { invalidCall } from '../base/op-error.ts';

export const isText = (value: unknown, most: number): value is string => typeof value === 'string' && value.length <= most;

export const isTextOrNull = (value: unknown, most: number): value is string | null => value === null || isText(value, most);

/** @param most bytes, or characters */
export const isContent = (value: unknown, most: number): value is string | Uint8Array | null =>
  value instanceof Uint8Array ? value.length <= most : isTextOrNull(value, most);

/** A whole number from zero on. */
export const isCount = (value: unknown, most: number = Number.MAX_SAFE_INTEGER): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;

/** @throws OpError unless all that was looked at is as it must be */
export function checkCall(isValid: boolean): void {
  if (!isValid) throw invalidCall();
}
