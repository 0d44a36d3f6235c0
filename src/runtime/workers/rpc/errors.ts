/**
 * What a method throws, on its way to the caller.
 *
 * As on Workers the caller gets an error of the same built-in type and message, made anew: the callee's stack and
 * what else it has put on its errors stay with the callee.
 */
import { ErrorCtor, ObjectDefineProperty } from '../../primordials.ts';
import { kindOf } from '../../web/builtin-kind.ts';
import { errorDetails } from '../../web/report-error.ts';
import { newError } from '../../web/structured-clone-builtins.ts';
import { isDOMException } from '../../web/dom-exception.ts';
import { chunk } from '../../link.ts';
import { isObject } from '../../webidl.ts';

/** The value that travels for what was thrown: name and message of an error, or in an array by itself any other value. */
export function thrownValue(error: unknown): unknown[] {
  if (isObject(error) && (isDOMException(error) || kindOf(error) === 'Error')) {
    const details = errorDetails(error);
    return [details[0], details[1]];
  }
  return [error];
}

/** The error to throw in its place. */
export function thrownError(value: unknown): unknown {
  const thrown = value as unknown[];
  if (thrown.length === 1) return thrown[0];
  const error = errorOf(`${thrown[0]}`, `${thrown[1]}`);
  ObjectDefineProperty(error, 'remote', { value: true, writable: true, enumerable: true, configurable: true });
  return error;
}

const NATIVE = ['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'EvalError', 'URIError'];

const errorOf = (name: string, message: string): Error => {
  for (let i = 0; i < NATIVE.length; i++) if (NATIVE[i] === name) return newError(name, message);
  const named = chunk('base').errorNamed(name, message);
  return isDOMException(named) || name === '' ? named : new ErrorCtor(`${name}: ${message}`);
};
