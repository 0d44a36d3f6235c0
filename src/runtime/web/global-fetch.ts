/**
 * The global `fetch`: it is there in every isolate, what it does is loaded on first use.
 */
import { chunk } from '../link.ts';
import { ReflectApply } from '../primordials.ts';
import type { Response } from './response.ts';

/** @see https://fetch.spec.whatwg.org/#dom-global-fetch */
export function fetch(_input: unknown, _init: unknown = undefined): Promise<Response> {
  return ReflectApply(chunk('fetch').fetch, undefined, arguments) as Promise<Response>;
}
