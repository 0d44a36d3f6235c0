/**
 * Subresource integrity: a response whose bytes are not those that were named is a network error.
 *
 * The whole body is read before the response is given out, as the standard has it.
 *
 * @see https://w3c.github.io/webappsec-subresource-integrity/
 * @see https://fetch.spec.whatwg.org/#concept-main-fetch step 22
 */
import { Request as RequestOp } from '../../protocol/ops.ts';
import { request } from '../bridge.ts';
import { ArrayPrototypePush, PromiseCtor, PromisePrototypeThen, RegExpPrototypeExec, TypeErrorCtor, Uint8ArrayCtor } from '../primordials.ts';
import { encodeBase64 } from './base64.ts';
import { bytesBody } from './body.ts';
import { readBytes } from './body-consume.ts';
import { type Response, adoptResponse, responseState } from './response.ts';

type Metadata = { bits: number; values: string[] };

const TOKEN = /[^\t\n\f\r ]+/g;
const METADATA = /^sha(256|384|512)-([A-Za-z0-9+/_-]+)={0,2}(?:\?.*)?$/i;

/** The digests of the strongest algorithm named; undefined where there is none, so that everything matches. @see https://w3c.github.io/webappsec-subresource-integrity/#get-the-strongest-metadata */
export function strongestMetadata(integrity: string): Metadata | undefined {
  let strongest: Metadata | undefined;
  TOKEN.lastIndex = 0;
  for (let token = RegExpPrototypeExec(TOKEN, integrity); token !== null; token = RegExpPrototypeExec(TOKEN, integrity)) {
    const match = RegExpPrototypeExec(METADATA, token[0] as string);
    if (match === null) continue;
    const bits = +(match[1] as string);
    if (strongest === undefined || bits > strongest.bits) strongest = { bits, values: [] };
    if (bits === strongest.bits) ArrayPrototypePush(strongest.values, plain(match[2] as string));
  }
  return strongest;
}

/** Base64 without padding, whichever alphabet it was in. */
const plain = (text: string): string => {
  let result = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string;
    if (character !== '=') result += character === '-' ? '+' : character === '_' ? '/' : character;
  }
  return result;
};

/** Resolves with the response once its body has turned out to be the right one. */
export function checkIntegrity(fetched: Promise<Response>, integrity: string): Promise<Response> {
  const metadata = strongestMetadata(integrity);
  if (metadata === undefined) return fetched;
  return PromisePrototypeThen(fetched, (response) => {
    const state = responseState(response);
    return new PromiseCtor<Response>((resolve, reject) => {
      readBytes(
        state.body,
        (bytes) => {
          const kept = new Uint8ArrayCtor(bytes);
          const digested = request(RequestOp.digest, `SHA-${metadata.bits}`, bytes) as Promise<ArrayBuffer>;
          PromisePrototypeThen(
            digested,
            (digest) => {
              const found = plain(encodeBase64(new Uint8ArrayCtor(digest)));
              for (let i = 0; i < metadata.values.length; i++) {
                if (metadata.values[i] === found) return resolve(adoptResponse({ ...state, body: state.body === null ? null : bytesBody(kept, undefined) }));
              }
              reject(new TypeErrorCtor(`Fetch API cannot load: ${state.url}: its bytes do not have the integrity asked for.`));
            },
            reject,
          );
        },
        reject,
      );
    });
  });
}
