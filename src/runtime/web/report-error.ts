/**
 * Where exceptions go that nobody caught.
 *
 * Contract: reporting never throws, and an exception thrown while one is being reported goes to the
 * host directly, so that a handler that throws cannot report forever.
 */
import { Post } from '../../protocol/ops.ts';
import { post } from '../bridge.ts';
import { StringCtor } from '../primordials.ts';
import { isObject, requireArguments } from '../webidl.ts';

/** Offers an exception to the app; true when the app took it and it needs no report. */
type Observer = (error: unknown) => boolean;

let observer: Observer | undefined;
let isReporting = false;

/** Installs the step before the report: `error` events at the global scope. */
export function setExceptionObserver(observe: Observer): void {
  observer = observe;
}

const text = (value: unknown): string => {
  try {
    return StringCtor(value);
  } catch {
    return 'unprintable value';
  }
};

const read = (value: object, key: 'name' | 'message' | 'stack'): string => {
  try {
    const found = (value as Record<string, unknown>)[key];
    return found === undefined ? '' : text(found);
  } catch {
    return '';
  }
};

/** Name, message and stack of whatever was thrown. Never throws. */
export function errorDetails(error: unknown): [name: string, message: string, stack: string] {
  if (!isObject(error)) return ['', text(error), ''];
  const stack = read(error, 'stack');
  const name = read(error, 'name');
  const message = read(error, 'message');
  return name === '' && message === '' ? ['', text(error), stack] : [name, message, stack];
}

/**
 * Reports an exception: an `error` event at the global scope first, then the host.
 * @param where "Uncaught", "Uncaught (in promise)" or "waitUntil"
 * @see https://html.spec.whatwg.org/#report-an-exception
 */
export function reportException(error: unknown, where = 'Uncaught'): void {
  if (observer !== undefined && !isReporting) {
    isReporting = true;
    try {
      if (observer(error)) return;
    } finally {
      isReporting = false;
    }
  }
  const details = errorDetails(error);
  post(Post.uncaught, details[0], details[1], details[2], where);
}

/** @see https://html.spec.whatwg.org/#dom-reporterror */
export function reportError(error: unknown): void {
  requireArguments(arguments.length, 1, "Failed to execute 'reportError'");
  reportException(error);
}
