/**
 * Writes what handlers put around a unit, or in its place: text at once, streams as they come.
 */
import { ArrayPrototypePush, PromiseCtor, PromisePrototypeThen, Uint8ArrayCtor } from '../../primordials.ts';
import { type ReadableStream, cancelLocked, chunkBytes, lockStream, notBytesError, readChunk } from '../../web/body-stream.ts';
import { Decoder } from '../../web/encoding/decoder.ts';
import type { Output } from './output.ts';
import { parserError } from './parser-error.ts';
import type { Wait } from './tokenizer.ts';
import { type Content, type Unit, escapeText } from './units.ts';

/** So much output waits at most until a stream is read further. */
const HIGH_WATER = 65536;

/** @param lists what comes before, instead (undefined: the unit itself) and after */
export function writeContents(output: Output, unit: Unit, lists: readonly [Content[], Content[] | undefined, Content[]], onRoom: () => Wait): Wait {
  const { 0: before, 1: replacement, 2: after } = lists;
  const all: (Content | Unit)[] = [];
  append(all, before);
  if (replacement === undefined) ArrayPrototypePush(all, unit);
  else append(all, replacement);
  append(all, after);
  return writeFrom(output, all, 0, onRoom);
}

function append(all: (Content | Unit)[], contents: readonly Content[]): void {
  for (let i = 0; i < contents.length; i++) ArrayPrototypePush(all, contents[i] as Content);
}

function writeFrom(output: Output, all: readonly (Content | Unit)[], from: number, onRoom: () => Wait): Wait {
  for (let i = from; i < all.length; i++) {
    const item = all[i] as Content | Unit;
    if ('writeSelf' in item) item.writeSelf(output);
    else if (typeof item.value === 'string') output.text(item.isHtml ? item.value : escapeText(item.value));
    else {
      const wait = writeStream(output, item.value, item.isHtml, onRoom);
      return PromisePrototypeThen(wait, () => writeFrom(output, all, i + 1, onRoom));
    }
  }
  return undefined;
}

const NOTHING = new Uint8ArrayCtor(0);

/** Writes all of a stream of UTF-8. */
function writeStream(output: Output, stream: ReadableStream, isHtml: boolean, onRoom: () => Wait): Promise<unknown> {
  const reader = lockStream(stream);
  const decoder = new Decoder('utf-8', true, true);
  const write = (bytes: Uint8Array, isLast: boolean): void => {
    let text: string;
    try {
      text = decoder.decode(bytes, !isLast);
    } catch {
      throw parserError('Invalid UTF-8');
    }
    output.text(isHtml ? text : escapeText(text));
  };
  return new PromiseCtor<void>((resolve, reject) => {
    const fail = (error: unknown): void => {
      cancelLocked(reader, error);
      reject(error);
    };
    let isLooping = false;
    let isAnswered = false;
    const request = {
      chunk: (chunk: unknown): void => {
        const bytes = chunkBytes(chunk);
        if (bytes === undefined) return fail(notBytesError(chunk));
        try {
          write(bytes, false);
        } catch (error) {
          return fail(error);
        }
        const wait = output.size >= HIGH_WATER ? onRoom() : undefined;
        if (wait !== undefined) {
          PromisePrototypeThen(wait, loop, fail);
          return;
        }
        isAnswered = true;
        if (!isLooping) loop();
      },
      close: (): void => {
        try {
          write(NOTHING, true);
          resolve();
        } catch (error) {
          reject(error);
        }
      },
      error: reject,
    };
    // A loop, lest chunks that are there already fill the stack.
    const loop = (): void => {
      isLooping = true;
      do {
        isAnswered = false;
        readChunk(reader, request);
      } while (isAnswered);
      isLooping = false;
    };
    loop();
  });
}
