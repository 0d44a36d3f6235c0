/** Values on their way between ops and an isolate. */
import { transfer } from '../isolate/realm.ts';
import { OpError } from '../base/op-error.ts';

/** An error as the isolate may see it: what a stack tells of the host is nobody's business. */
export const withoutStack = (error: unknown): Error => {
  const { name, message } = error instanceof OpError ? error : { name: 'Error', message: 'internal error' };
  const plain = new Error(message);
  plain.name = name;
  plain.stack = `${name}: ${message}`;
  return plain;
};

/** A timer's delay as the host can keep it. */
export const clampDelay = (value: unknown): number => {
  const delay = Number(value);
  return delay >= 0 && delay <= 0x7fffffff ? delay : 0;
};

/** An op's argument that the isolate cannot change any more: of shared memory a copy, and of a shared buffer itself nothing. */
export const withoutSharing = (value: unknown): unknown => {
  if (value instanceof SharedArrayBuffer) return undefined;
  return ArrayBuffer.isView(value) && value.buffer instanceof SharedArrayBuffer
    ? new Uint8Array(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
    : value;
};

/** A reply's value as the isolate takes it: bytes are moved in, and copied first when they share their buffer. */
export const toArgument = (value: unknown): unknown => {
  if (value instanceof ArrayBuffer) return transfer(value);
  if (!(value instanceof Uint8Array)) return value;
  const owns = value.byteOffset === 0 && value.byteLength === value.buffer.byteLength && !Buffer.isBuffer(value);
  return transfer(owns ? value : new Uint8Array(value));
};

/** Ops an event may have under way: each answer waits in the host's memory until the isolate takes it. */
export const MOST_BACKLOG = 32_768;
