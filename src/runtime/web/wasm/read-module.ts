/**
 * The bytes of a module that comes as a response.
 * @see https://webassembly.github.io/spec/web-api/#compile-a-potential-webassembly-response
 */
import { PromisePrototypeThen, PromiseResolve, ReflectApply, StringPrototypeToLowerCase, StringPrototypeTrim, TypeErrorCtor } from '../../primordials.ts';
import { getHeader } from '../headers.ts';
import { isOk, isResponse, Response, responseHeaders, responseState } from '../response.ts';

const arrayBuffer = (Response.prototype as unknown as { arrayBuffer: (this: unknown) => Promise<ArrayBuffer> }).arrayBuffer;

/** @param source a Response, or a promise of one. Rejects TypeError where it is none, failed, or is of another type. */
export function readModule(source: unknown): Promise<ArrayBuffer> {
  return PromisePrototypeThen(PromiseResolve(source) as Promise<unknown>, (response) => {
    if (!isResponse(response)) throw new TypeErrorCtor('WebAssembly: the source is no Response');
    const state = responseState(response);
    const type = getHeader(responseHeaders(state), 'content-type');
    // Parameters are not allowed, not even empty ones.
    if (type === null || StringPrototypeToLowerCase(StringPrototypeTrim(type)) !== 'application/wasm') {
      throw new TypeErrorCtor("WebAssembly: the response has not the MIME type 'application/wasm'");
    }
    if (!isOk(state.status)) throw new TypeErrorCtor('WebAssembly: the response has no ok status');
    return ReflectApply(arrayBuffer, response, []) as Promise<ArrayBuffer>;
  });
}
