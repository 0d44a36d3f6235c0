/**
 * DOMException.
 * @see https://webidl.spec.whatwg.org/#idl-DOMException
 */
import { ErrorCaptureStackTrace, ErrorCtor, ErrorPrototype, ObjectDefineProperty, ObjectHasOwn, ObjectSetPrototypeOf } from '../primordials.ts';
import { DOMString, defineInterface, illegalInvocation, isObject } from '../webidl.ts';
import { defineConstants } from '../webidl-types.ts';

const CODES = {
  IndexSizeError: 1,
  HierarchyRequestError: 3,
  WrongDocumentError: 4,
  InvalidCharacterError: 5,
  NoModificationAllowedError: 7,
  NotFoundError: 8,
  NotSupportedError: 9,
  InUseAttributeError: 10,
  InvalidStateError: 11,
  SyntaxError: 12,
  InvalidModificationError: 13,
  NamespaceError: 14,
  InvalidAccessError: 15,
  TypeMismatchError: 17,
  SecurityError: 18,
  NetworkError: 19,
  AbortError: 20,
  URLMismatchError: 21,
  QuotaExceededError: 22,
  TimeoutError: 23,
  InvalidNodeTypeError: 24,
  DataCloneError: 25,
} as const;

const MODERN_NAMES = [
  'EncodingError',
  'NotReadableError',
  'UnknownError',
  'ConstraintError',
  'DataError',
  'TransactionInactiveError',
  'ReadOnlyError',
  'VersionError',
  'OperationError',
  'NotAllowedError',
  'OptOutError',
];

/** Is this the name of a DOMException (as against a plain JavaScript error)? */
function isDOMExceptionName(name: string): boolean {
  if (name === 'SyntaxError') return false;
  if (ObjectHasOwn(CODES, name)) return true;
  for (let i = 0; i < MODERN_NAMES.length; i++) if (MODERN_NAMES[i] === name) return true;
  return false;
}

/** Read past the prototype, which an app can change. */
export let exceptionName: (error: DOMException) => string;
export let exceptionMessage: (error: DOMException) => string;

export class DOMException {
  #name: string;
  #message: string;

  constructor(message: unknown = '', name: unknown = 'Error') {
    this.#message = DOMString(message, "Failed to construct 'DOMException': parameter 1");
    this.#name = DOMString(name, "Failed to construct 'DOMException': parameter 2");
    // As an Error does: an own, non-enumerable `stack`.
    ErrorCaptureStackTrace(this, new.target);
  }

  static {
    exceptionName = (error) => error.#name;
    exceptionMessage = (error) => error.#message;
  }

  static isDOMException(value: unknown): value is DOMException {
    return typeof value === 'object' && value !== null && #name in value;
  }

  get name(): string {
    if (!isObject(this) || !(#name in this)) throw illegalInvocation();
    return this.#name;
  }

  get message(): string {
    if (!isObject(this) || !(#name in this)) throw illegalInvocation();
    return this.#message;
  }

  get code(): number {
    if (!isObject(this) || !(#name in this)) throw illegalInvocation();
    return ObjectHasOwn(CODES, this.#name) ? CODES[this.#name as keyof typeof CODES] : 0;
  }
}

/** The brand check, taken off the class so that tenants do not see it. */
export const isDOMException = DOMException.isDOMException;
delete (DOMException as { isDOMException?: unknown }).isDOMException;

/** The error of a name that came from the host. */
export function errorNamed(name: string, message: string): Error {
  return isDOMExceptionName(name) ? (new DOMException(message, name) as unknown as Error) : new ErrorCtor(message);
}

defineInterface(DOMException, 'DOMException');
defineConstants(DOMException, {
  INDEX_SIZE_ERR: 1,
  DOMSTRING_SIZE_ERR: 2,
  HIERARCHY_REQUEST_ERR: 3,
  WRONG_DOCUMENT_ERR: 4,
  INVALID_CHARACTER_ERR: 5,
  NO_DATA_ALLOWED_ERR: 6,
  NO_MODIFICATION_ALLOWED_ERR: 7,
  NOT_FOUND_ERR: 8,
  NOT_SUPPORTED_ERR: 9,
  INUSE_ATTRIBUTE_ERR: 10,
  INVALID_STATE_ERR: 11,
  SYNTAX_ERR: 12,
  INVALID_MODIFICATION_ERR: 13,
  NAMESPACE_ERR: 14,
  INVALID_ACCESS_ERR: 15,
  VALIDATION_ERR: 16,
  TYPE_MISMATCH_ERR: 17,
  SECURITY_ERR: 18,
  NETWORK_ERR: 19,
  ABORT_ERR: 20,
  URL_MISMATCH_ERR: 21,
  QUOTA_EXCEEDED_ERR: 22,
  TIMEOUT_ERR: 23,
  INVALID_NODE_TYPE_ERR: 24,
  DATA_CLONE_ERR: 25,
});
// DOMException.prototype inherits from Error.prototype, though DOMException is no subclass of Error.
ObjectSetPrototypeOf(DOMException.prototype, ErrorPrototype);
ObjectDefineProperty(DOMException.prototype, 'constructor', { value: DOMException, writable: true, configurable: true });
