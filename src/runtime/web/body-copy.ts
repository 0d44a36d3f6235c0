/**
 * Bodies made from others: clones, and the bodies of requests made from requests.
 */
import { BodyKind } from '../../protocol/ops.ts';
import { chunk } from '../link.ts';
import { type Body, newBody, takeBody } from './body.ts';

/**
 * A second body with the same content. Text and bytes are shared, anything else is teed.
 * @see https://fetch.spec.whatwg.org/#concept-body-clone
 */
export function cloneBody(body: Body): Body {
  if (body.kind === BodyKind.text || body.kind === BodyKind.bytes) {
    (body.origin ?? body).shared = true;
    return newBody(body.kind, body.value, body.type, true);
  }
  return chunk('streams').teeBody(body);
}

/**
 * The body of a request made from another, whose own body is used from then on.
 * @see https://fetch.spec.whatwg.org/#dom-request (step 42, "create a proxy")
 */
export function transferBody(body: Body): Body {
  if (body.kind !== BodyKind.stream) {
    const moved = newBody(body.kind, body.value, body.type, (body.origin ?? body).shared);
    moved.link = body.link;
    takeBody(body);
    return moved;
  }
  const moved = chunk('streams').proxyBody(body);
  body.used = true;
  return moved;
}
