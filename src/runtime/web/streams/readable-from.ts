/**
 * ReadableStream.from: a stream of what an iterable, sync or async, yields.
 *
 * Departure: any value with an iterator method is taken, strings included, as Node and the Web's tests
 * have it; Web IDL's `async_sequence` would take objects only.
 *
 * @see https://streams.spec.whatwg.org/#readable-stream-from-iterable
 */
import { PromisePrototypeThen, PromiseResolve, ReflectApply, SymbolAsyncIterator, SymbolIterator, TypeErrorCtor } from '../../primordials.ts';
import { isObject } from '../../webidl.ts';
import { perform, toPromise } from './algorithm.ts';
import { newDefaultStream } from './default-controller.ts';
import { errorReadable, startReadable, type ReadableState } from './readable-state.ts';

type Method = (...args: unknown[]) => unknown;

/** @see https://tc39.es/ecma262/#sec-getmethod */
function getMethod(object: unknown, key: PropertyKey): Method | undefined {
  const method = (object as Record<PropertyKey, unknown>)[key];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== 'function') throw new TypeErrorCtor('An iterator method is not a function.');
  return method as Method;
}

function result(value: unknown): { done?: unknown; value?: unknown } {
  if (!isObject(value)) throw new TypeErrorCtor("The iterator's result is not an object.");
  return value;
}

/** Throws where `iterable` has no iterator. */
export function readableFrom(iterable: unknown): ReadableState {
  if (iterable === undefined || iterable === null) throw new TypeErrorCtor("Failed to execute 'from' on 'ReadableStream': parameter 1 is not iterable.");
  const asyncMethod = getMethod(iterable, SymbolAsyncIterator);
  const isSync = asyncMethod === undefined;
  const method = asyncMethod ?? getMethod(iterable, SymbolIterator);
  if (method === undefined) throw new TypeErrorCtor("Failed to execute 'from' on 'ReadableStream': parameter 1 is not iterable.");
  const iterator = ReflectApply(method, iterable, []);
  if (!isObject(iterator)) throw new TypeErrorCtor('The iterator is not an object.');
  const { next } = iterator as { next?: unknown };
  const callNext = (): unknown => ReflectApply(next as Method, iterator, []);
  const stream = newDefaultStream(0);
  const failed = (reason: unknown): void => errorReadable(stream, reason);
  const enqueue = (value: unknown): void => stream.steps.enqueue(stream, value);

  const taken = (step: unknown): void => {
    const { done, value } = read(step);
    if (done) stream.steps.close(stream);
    else enqueue(value);
  };
  // What a sync iterator yields is awaited, and the iterator closed when that rejects, as `for await` does.
  stream.pull = isSync
    ? () => {
        const { done, value } = read(callNext());
        if (done) {
          return PromisePrototypeThen(toAwaited(value), () => stream.steps.close(stream), failed);
        }
        return PromisePrototypeThen(toAwaited(value), enqueue, (reason) => {
          try {
            const close = getMethod(iterator, 'return');
            if (close !== undefined) ReflectApply(close, iterator, []);
          } catch {}
          failed(reason);
        });
      }
    : () => PromisePrototypeThen(toAwaited(perform(callNext)), taken);
  stream.cancel = (reason: unknown) => {
    const close = getMethod(iterator, 'return');
    if (close === undefined) return undefined;
    const closed = ReflectApply(close, iterator, [reason]);
    if (isSync) result(closed);
    return PromisePrototypeThen(toAwaited(closed), (value) => {
      result(value);
    });
  };
  startReadable(stream, undefined);
  return stream;
}

/** The step's members, each read once, `done` first. */
function read(step: unknown): { done: boolean; value: unknown } {
  const object = result(step);
  const done = !!object.done;
  return { done, value: done ? undefined : object.value };
}

/** As `toPromise`, but keeping a plain value. */
function toAwaited(value: unknown): Promise<unknown> {
  return isObject(value) ? toPromise(value) : PromiseResolve(value);
}
