/**
 * How the fetch objects are shown. Importing this file registers them.
 */
import { type FormData, formDataEntries, isFormData } from './form-data.ts';
import { type Headers, headerPairs, isHeaders } from './headers.ts';
import { registerInspector } from './inspect.ts';
import { type Request, isRequest, requestHeaders, requestState, urlOf } from './request.ts';
import { type Response, isResponse, responseHeaders, responseState } from './response.ts';
import { isBodyUsed } from './body.ts';

registerInspector<Headers>(isHeaders, (headers) => ({ name: 'Headers', entries: headerPairs(headers) }));
registerInspector<FormData>(isFormData, (formData) => ({ name: 'FormData', entries: formDataEntries(formData) }));
registerInspector<Request>(isRequest, (request) => {
  const state = requestState(request);
  return {
    name: 'Request',
    entries: [
      ['method', state.method],
      ['url', urlOf(state)],
      ['headers', requestHeaders(state)],
      ['redirect', state.redirect],
      ['bodyUsed', isBodyUsed(state.body)],
    ],
  };
});
registerInspector<Response>(isResponse, (response) => {
  const state = responseState(response);
  return {
    name: 'Response',
    entries: [
      ['status', state.status],
      ['statusText', state.statusText],
      ['headers', responseHeaders(state)],
      ['type', state.type],
      ['url', state.url],
      ['redirected', state.redirected],
      ['bodyUsed', isBodyUsed(state.body)],
    ],
  };
});
