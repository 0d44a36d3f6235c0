/**
 * Queue-with-sizes: the list of waiting chunks, and of waiting requests, of every stream.
 *
 * Contract: a linked list whose nodes are object literals, because growing an array by index or by
 * `push` consults setters a tenant may have put on `Object.prototype`. Every operation is O(1).
 *
 * @see https://streams.spec.whatwg.org/#queue-with-sizes
 */
import { RangeErrorCtor } from '../../primordials.ts';

type Node<T> = { value: T; size: number; next: Node<T> | undefined };

/** `total` is [[queueTotalSize]]. */
export type Queue<T> = { head: Node<T> | undefined; tail: Node<T> | undefined; length: number; total: number };

export function newQueue<T>(): Queue<T> {
  return { head: undefined, tail: undefined, length: 0, total: 0 };
}

/** Appends without checking the size. */
export function push<T>(queue: Queue<T>, value: T, size: number): void {
  const node: Node<T> = { value, size, next: undefined };
  if (queue.tail === undefined) queue.head = node;
  else queue.tail.next = node;
  queue.tail = node;
  queue.length++;
  queue.total += size;
}

/** @see https://streams.spec.whatwg.org/#enqueue-value-with-size */
export function enqueueWithSize<T>(queue: Queue<T>, value: T, size: number): void {
  push(queue, value, checkedSize(size));
}

/** Throws RangeError for what is no size of a chunk. */
export function checkedSize(size: number): number {
  // Also false for NaN.
  if (!(size >= 0 && size < Infinity)) throw new RangeErrorCtor('The size of a chunk must be a finite, non-negative number.');
  return size;
}

/** Removes the head. The queue must not be empty. @see https://streams.spec.whatwg.org/#dequeue-value */
export function shift<T>(queue: Queue<T>): T {
  const node = queue.head as Node<T>;
  queue.head = node.next;
  if (node.next === undefined) queue.tail = undefined;
  // An old node, dead or not, would keep all that come after it until the next full collection.
  node.next = undefined;
  queue.length--;
  queue.total -= node.size;
  // Rounding errors.
  if (queue.total < 0) queue.total = 0;
  return node.value;
}

/** The head's value. The queue must not be empty. @see https://streams.spec.whatwg.org/#peek-queue-value */
export function peek<T>(queue: Queue<T>): T {
  return (queue.head as Node<T>).value;
}

/** @see https://streams.spec.whatwg.org/#reset-queue */
export function resetQueue(queue: Queue<unknown>): void {
  queue.head = queue.tail = undefined;
  queue.length = queue.total = 0;
}
