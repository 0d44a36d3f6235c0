/**
 * How the fetch objects are shown by `inspect`. Importing this file registers them.
 */
import { type FormData, formDataEntries, isFormData } from './form-data.ts';
import { type Headers, headerPairs, isHeaders } from './headers.ts';
import { byGetters, registerInspector } from './inspect.ts';
import { Request, isRequest } from './request.ts';
import { Response, isResponse } from './response.ts';

registerInspector<Headers>(isHeaders, (headers) => ({ name: 'Headers', entries: headerPairs(headers) }));
registerInspector<FormData>(isFormData, (formData) => ({ name: 'FormData', entries: formDataEntries(formData) }));
registerInspector(isRequest, byGetters(Request, 'Request', ['method', 'url', 'headers', 'redirect', 'cf', 'bodyUsed']));
registerInspector(isResponse, byGetters(Response, 'Response', ['status', 'statusText', 'headers', 'ok', 'type', 'url', 'redirected', 'bodyUsed']));
