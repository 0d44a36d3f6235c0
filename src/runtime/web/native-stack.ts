/**
 * An error's stack, read without running a getter of the app's.
 */
import { ErrorCtor, ReflectApply, ReflectGetOwnPropertyDescriptor } from '../primordials.ts';

// V8 keeps `stack` behind an accessor of its own, the same for every error.
const nativeGetter = ReflectGetOwnPropertyDescriptor(new ErrorCtor(), 'stack')?.get;

/** Has it V8's own `stack`? Errors have, and objects given to `Error.captureStackTrace`. */
export function hasNativeStack(value: object): boolean {
  return nativeGetter !== undefined && ReflectGetOwnPropertyDescriptor(value, 'stack')?.get === nativeGetter;
}

/** The stack, if it is V8's or a plain string; "" otherwise. */
export function stackOf(error: object): string {
  const found = ReflectGetOwnPropertyDescriptor(error, 'stack');
  const stack: unknown = found?.get !== undefined && found.get === nativeGetter ? ReflectApply(nativeGetter, error, []) : found?.value;
  return typeof stack === 'string' ? stack : '';
}
