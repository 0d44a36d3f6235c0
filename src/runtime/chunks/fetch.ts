/** fetch, requests made by code, and what responses seldom need. */
import { fetch, fetchService, setOutbound } from '../web/fetch.ts';
import { outsideCf } from '../web/outside-cf.ts';
import { cloneRequest, constructRequestState } from '../web/request-state.ts';
import { cloneResponse, dropBody, encodeBody, redirectTo } from '../web/response-rare.ts';
import { provide } from '../link.ts';

const offers = { cloneRequest, cloneResponse, constructRequestState, dropBody, encodeBody, fetch, fetchService, outsideCf, redirectTo, setOutbound };

declare module '../link.ts' {
  interface Chunks {
    fetch: typeof offers;
  }
}

provide('fetch', offers);
