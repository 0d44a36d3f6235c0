/**
 * What a process does when it has as many files and connections open as the system lets it have.
 *
 * Contract: nothing here throws or lasts: a descriptor that is taken to see whether there is one is given back at once.
 */
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file that every process may read: this one. */
const ANY_FILE = fileURLToPath(import.meta.url);
const LOOK_MS = 1000;
/** Told at most so often. */
const SILENCE_MS = 60_000;

/** What the log says where none is left; an operator looks for the words. */
export const NO_DESCRIPTOR =
  'no file descriptor is left: what needs one fails until others are closed; let the process have more (LimitNOFILE= of systemd, ulimit -n)';

/** What a tenant hears. */
export const OUT_OF_DESCRIPTORS = 'Internal error: this server has too many files and connections open at the moment.';

/** The process, or the system, has as many open as it may. */
export function isOutOfDescriptors(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'EMFILE' || code === 'ENFILE';
}

/** The same of an error that is text by now. */
export function tellsOfDescriptors(text: string): boolean {
  return /\bE[MN]FILE\b|too many open files/i.test(text);
}

/** Could so many be opened at this moment? */
export function hasDescriptors(count = 1): boolean {
  const taken: number[] = [];
  try {
    while (taken.length < count) taken.push(openSync(ANY_FILE, 'r'));
    return true;
  } catch (error) {
    return !isOutOfDescriptors(error);
  } finally {
    for (const descriptor of taken) closeSync(descriptor);
  }
}

/**
 * Looks once a second whether there is a descriptor, and tells where there is none: connections that cannot be accepted are
 * refused below Node.js, which hears nothing of it.
 */
export function watchDescriptors(tell: (message: string) => void): NodeJS.Timeout {
  let told = Number.NEGATIVE_INFINITY;
  return setInterval(() => {
    const now = performance.now();
    if (now - told < SILENCE_MS || hasDescriptors()) return;
    told = now;
    tell(NO_DESCRIPTOR);
  }, LOOK_MS).unref();
}
