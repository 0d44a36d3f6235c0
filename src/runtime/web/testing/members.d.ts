/**
 * For tests: the members that mixins give to interfaces when they are defined, which their classes do not declare.
 * @see defineBodyMixin, createPairIterators
 */
import type { Blob } from '../blob.ts';
import type { FormData } from '../form-data.ts';
import type { ReadableStream } from '../streams/readable-stream.ts';

interface BodyMembers {
  readonly body: ReadableStream | null;
  readonly bodyUsed: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  bytes(): Promise<Uint8Array>;
  formData(): Promise<FormData>;
  json(): Promise<unknown>;
  text(): Promise<string>;
}

interface Pairs<V> extends Iterable<[string, V]> {
  entries(): IterableIterator<[string, V]>;
  forEach(callback: (value: V, key: string, owner: unknown) => void, self?: unknown): void;
  keys(): IterableIterator<string>;
  values(): IterableIterator<V>;
}

declare module '../request.ts' {
  interface Request extends BodyMembers {}
}
declare module '../response.ts' {
  interface Response extends BodyMembers {}
}
declare module '../headers.ts' {
  interface Headers extends Pairs<string> {}
}
declare module '../url/search-params.ts' {
  interface URLSearchParams extends Pairs<string> {}
}
