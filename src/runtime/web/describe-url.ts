/** How URLs are shown by `inspect`. */
import { type Description, byGetters } from './describe.ts';
import { isURLSearchParams, searchParamsPairs } from './url/search-params.ts';
import { URL, isURL } from './url/url.ts';

const describeURL = byGetters(URL, 'URL', ['href', 'origin', 'protocol', 'host', 'pathname', 'search', 'hash']);

export function describe(value: object): Description | undefined {
  if (isURLSearchParams(value)) return { name: 'URLSearchParams', entries: searchParamsPairs(value) };
  return isURL(value) ? describeURL(value) : undefined;
}
