/**
 * What a method throws, on its way to the caller.
 *
 * As on Workers the caller gets an error of the same built-in type and message, made anew and marked as remote: the
 * callee's stack stays with the callee, and at older dates all else that it has put on its errors does, too. What is no error
 * becomes one.
 */
import { differs } from '../../compat.ts';
import { chunk } from '../../link.ts';
import { ErrorCtor, FunctionPrototypeToString, ObjectDefineProperty } from '../../primordials.ts';
import { kindOf } from '../../web/builtin-kind.ts';
import { isDOMException } from '../../web/dom-exception.ts';
import { errorDetails } from '../../web/report-error.ts';
import { newNativeError } from '../../web/structured-clone-builtins.ts';
import { isObject } from '../../webidl.ts';
import { encode, type Message, messageOf, requireData, typeNameOf } from './values.ts';

/** What was thrown, as it travels: name, message and maybe the error itself. */
export function thrownMessage(error: unknown): Message {
  const value: unknown[] = thrownValue(error);
  if (differs('enhanced_error_serialization') || !isObject(error) || kindOf(error) !== 'Error') return encode(value);
  try {
    // With data on it alone: nobody disposes of what comes with an error.
    const payload = chunk('values').serialize([value[0], value[1], error], (object) => void requireData(object));
    return messageOf(payload);
  } catch {
    return encode(value);
  }
}

/** The error to throw for what `thrownMessage` has sent. */
export function thrownFrom(value: unknown): Error {
  const fields = value as [string, string, Error?];
  return fields[2] === undefined ? thrownError(fields[0], fields[1]) : markRemote(fields[2]);
}

/** Name and message of what was thrown. */
function thrownValue(error: unknown): [name: string, message: string] {
  const details = errorDetails(error);
  if (!isObject(error) || isDOMException(error) || kindOf(error) === 'Error') return [details[0], details[1]];
  return ['', typeof error === 'function' ? FunctionPrototypeToString(error) : `#<${typeNameOf(error)}>`];
}

/** The error to throw in its place. Names that are no built-in error's become part of the message. */
export function thrownError(name: string, message: string): Error {
  return markRemote(errorOf(name, message));
}

/** Marks an error as the callee's. */
export function markRemote<E extends Error>(error: E): E {
  return ObjectDefineProperty(error, 'remote', { value: true, writable: true, enumerable: true, configurable: true }) as E;
}

const NATIVE = ['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'EvalError', 'URIError', 'AggregateError'];

const errorOf = (name: string, message: string): Error => {
  for (let i = 0; i < NATIVE.length; i++) if (NATIVE[i] === name) return newNativeError(name, message);
  const named = chunk('base').errorNamed(name, message);
  return isDOMException(named) || name === '' ? named : new ErrorCtor(`${name}: ${message}`);
};
