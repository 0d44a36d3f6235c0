/**
 * What a method throws, on its way to the caller.
 *
 * As on Workers the caller gets an error of the same built-in type and message, made anew and marked as remote: the
 * callee's stack and what else it has put on its errors stay with the callee. What is no error becomes one.
 */
import { chunk } from '../../link.ts';
import { ErrorCtor, ObjectDefineProperty } from '../../primordials.ts';
import { kindOf } from '../../web/builtin-kind.ts';
import { isDOMException } from '../../web/dom-exception.ts';
import { errorDetails } from '../../web/report-error.ts';
import { newError } from '../../web/structured-clone-builtins.ts';
import { isObject } from '../../webidl.ts';

/** Name and message of what was thrown, as they travel. */
export function thrownValue(error: unknown): [name: string, message: string] {
  const details = errorDetails(error);
  if (!isObject(error) || isDOMException(error) || kindOf(error) === 'Error') return [details[0], details[1]];
  return ['', typeof error === 'function' ? 'function' : '#<Object>'];
}

/** The error to throw in its place. Names that are no built-in error's become part of the message. */
export function thrownError(name: string, message: string): Error {
  return markRemote(errorOf(name, message));
}

/** Marks an error as the callee's. */
export function markRemote<E extends Error>(error: E): E {
  return ObjectDefineProperty(error, 'remote', { value: true, writable: true, enumerable: true, configurable: true }) as E;
}

const NATIVE = ['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'EvalError', 'URIError'];

const errorOf = (name: string, message: string): Error => {
  for (let i = 0; i < NATIVE.length; i++) if (NATIVE[i] === name) return newError(name, message);
  const named = chunk('base').errorNamed(name, message);
  return isDOMException(named) || name === '' ? named : new ErrorCtor(`${name}: ${message}`);
};
