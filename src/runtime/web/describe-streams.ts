/** How streams are shown by `inspect`. */
import { type Description, byGetters } from './describe.ts';
import { ReadableStream, isReadableStream } from './streams/readable-stream.ts';

const describeReadable = byGetters(ReadableStream, 'ReadableStream', ['locked']);

export function describe(value: object): Description | undefined {
  return isReadableStream(value) ? describeReadable(value) : undefined;
}
