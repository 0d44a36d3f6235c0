/**
 * Images in a bucket of R2: a page to upload and look at them.
 *
 *     PUT    /images/NAME   stores an image; its bytes go to the bucket as they come
 *     GET    /images/NAME   with ranges, and 304 for who has it already
 *     DELETE /images/NAME
 *     GET    /images        a list, a page at a time: ?cursor=…
 */
import { page } from './page.js';

const PER_PAGE = 50;
const MOST_BYTES = 50 * 1024 * 1024;
const TYPE = /^image\/(png|jpeg|gif|webp|avif)$/;

export default {
  async fetch(request, { IMAGES }) {
    const url = new URL(request.url);
    if (url.pathname === '/') return new Response(page, { headers: { 'content-type': 'text/html; charset=utf-8' } });
    if (url.pathname === '/images') return list(url, IMAGES);
    const name = /^\/images\/([^/]+)$/.exec(url.pathname)?.[1];
    if (name === undefined) return fail(404, 'not here');
    const key = decodeURIComponent(name);
    switch (request.method) {
      case 'PUT':
        return put(request, key, IMAGES);
      case 'GET':
      case 'HEAD':
        return get(request, key, IMAGES);
      case 'DELETE':
        await IMAGES.delete(key);
        return new Response(null, { status: 204 });
      default:
        return fail(405, 'only GET, HEAD, PUT and DELETE');
    }
  },
};

async function put(request, key, images) {
  const contentType = request.headers.get('content-type') ?? '';
  // An SVG may have scripts in it, which would run as ours.
  if (!TYPE.test(contentType)) return fail(415, 'that is no image I take: png, jpeg, gif, webp or avif');
  const length = Number(request.headers.get('content-length') ?? Number.NaN);
  if (Number.isNaN(length)) return fail(411, 'say how long it is');
  if (length > MOST_BYTES) return fail(413, 'too large');
  const object = await images.put(key, request.body, {
    httpMetadata: { contentType, cacheControl: 'no-cache' },
    customMetadata: { from: request.headers.get('cf-connecting-ip') ?? '' },
    // Nobody overwrites what another has put there.
    onlyIf: { etagDoesNotMatch: '*' },
  });
  if (object === null) return fail(409, 'there is an image of that name');
  return Response.json({ key, size: object.size, etag: object.etag }, { status: 201, headers: { location: `/images/${encodeURIComponent(key)}` } });
}

async function get(request, key, images) {
  const object = await images.get(key, { range: request.headers, onlyIf: request.headers });
  if (object === null) return fail(404, 'there is no image of that name');
  const headers = new Headers({ etag: object.httpEtag, 'accept-ranges': 'bytes', 'x-content-type-options': 'nosniff' });
  object.writeHttpMetadata(headers);
  // Without a body one of the request's conditions did not hold.
  if (object.body === undefined) return new Response(null, { status: request.headers.has('if-none-match') ? 304 : 412, headers });
  const { offset, length } = object.range;
  if (length === object.size) return new Response(object.body, { headers });
  headers.set('content-range', `bytes ${offset}-${offset + length - 1}/${object.size}`);
  return new Response(object.body, { status: 206, headers });
}

async function list(url, images) {
  const cursor = url.searchParams.get('cursor') ?? undefined;
  const found = await images.list({ limit: PER_PAGE, cursor, include: ['httpMetadata'] });
  const items = found.objects.map(({ key, size, uploaded, httpMetadata }) => ({ key, size, uploaded, type: httpMetadata.contentType }));
  return Response.json({ items, cursor: found.truncated ? found.cursor : null });
}

const fail = (status, error) => Response.json({ error }, { status });
