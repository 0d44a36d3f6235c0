/** URLs and their queries. */
import { describe } from '../web/describe-url.ts';
import { parseUrl, serializeUrl } from '../web/url/parser.ts';
import { URLSearchParams, bodyOfSearchParams, parseUrlEncoded } from '../web/url/search-params.ts';
import { URL } from '../web/url/url.ts';
import { provide } from '../link.ts';

const offers = { bodyOfSearchParams, describe, parseUrl, parseUrlEncoded, serializeUrl };

declare module '../link.ts' {
  interface Chunks {
    url: typeof offers;
  }
}

provide('url', offers, { URL, URLSearchParams });
