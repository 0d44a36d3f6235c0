/**
 * What the runtime's own underlying sources hold in place of a controller.
 *
 * Contract: never reachable by tenants. Each operation does nothing where it comes too late (after a
 * close, an error or a cancel), because a source of the runtime's own hears of those only later.
 */
import { desiredSize, errorReadable, type ReadableState } from './readable-state.ts';

export class SourceControl {
  readonly stream: ReadableState;

  constructor(stream: ReadableState) {
    this.stream = stream;
  }

  get desiredSize(): number | null {
    return desiredSize(this.stream);
  }

  /** Byte streams take a view; its buffer is given away. An empty one is ignored. */
  enqueue(chunk: unknown): void {
    this.stream.steps.enqueue(this.stream, chunk);
  }

  close(): void {
    this.stream.steps.close(this.stream);
  }

  error(reason: unknown): void {
    errorReadable(this.stream, reason);
  }
}

/** What `createReadableStream` is made of. An algorithm may return a promise or nothing at all. */
export type SourceAlgorithms = {
  /** Runs before the stream exists for the caller. */
  start?: ((control: SourceControl) => unknown) | undefined;
  pull?: ((control: SourceControl) => unknown) | undefined;
  cancel?: ((reason: unknown) => unknown) | undefined;
  highWaterMark?: number;
  size?: ((chunk: unknown) => number) | undefined;
};
