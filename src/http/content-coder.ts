/**
 * Content codings put on a response's body while it is sent.
 *
 * As on Workers, an app that says `Content-Encoding: gzip` or `br` writes the body as it is, and the client gets it in
 * that coding; with `encodeBody: 'manual'` the app has done it itself.
 *
 * Contract: what is written reaches the client without waiting for more, so that a stream stays one; nothing is coded
 * that the client has no room for; when the client is gone so is the coder.
 * @see https://developers.cloudflare.com/workers/runtime-apis/response/
 */
import type { ServerResponse } from 'node:http';
import type { Transform } from 'node:stream';
import { constants, createBrotliCompress, createGzip } from 'node:zlib';

/** What a Content-Encoding asks for; anything else is sent as it is. */
export type Coding = 'gzip' | 'br';

export function codingOf(contentEncoding: string): Coding | undefined {
  return contentEncoding === 'gzip' || contentEncoding === 'br' ? contentEncoding : undefined;
}

/** Made for responses: little memory, and quick. */
const BROTLI = { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 18 };

/** A coder in front of the response: what is written to it goes out coded, and its end is the response's. */
export function codeInto(response: ServerResponse, coding: Coding): Transform {
  const coder =
    coding === 'gzip' ? createGzip({ flush: constants.Z_SYNC_FLUSH }) : createBrotliCompress({ flush: constants.BROTLI_OPERATION_FLUSH, params: BROTLI });
  coder
    .on('data', (chunk: Buffer) => {
      if (!response.write(chunk)) coder.pause();
    })
    .on('end', () => response.end())
    .on('error', () => response.destroy());
  response.on('drain', () => coder.resume()).on('close', () => coder.destroy());
  return coder;
}
