/**
 * The global scope: every name that is there in all isolates. The others come with their chunks, see protocol/chunks.ts.
 *
 * Nothing else installs globals. Interfaces are not enumerable, operations and attributes are, as
 * Web IDL says. @see https://webidl.spec.whatwg.org/#define-the-global-property-references
 */
import { ObjectDefineProperty, SymbolToStringTag } from './primordials.ts';
import { console } from './web/console.ts';
import { named } from './link.ts';
import { fetch } from './web/global-fetch.ts';
import { installGlobalHandlers } from './web/global-handlers.ts';
import { Headers } from './web/headers.ts';
import { reportError } from './web/report-error.ts';
import { Request } from './web/request.ts';
import { Response } from './web/response.ts';

/** Puts them into the scope. */
export function defineGlobals(scope: object): void {
  const define = (name: string, value: unknown, enumerable: boolean): void => {
    ObjectDefineProperty(scope, name, { value, enumerable, writable: true, configurable: true });
  };
  define('Headers', Headers, false);
  define('Request', Request, false);
  define('Response', Response, false);
  define('console', console, false);
  define('fetch', named('fetch', fetch), true);
  define('reportError', named('reportError', reportError), true);
  define('self', scope, true);
  // Here before the interfaces are: they come when somebody names them.
  ObjectDefineProperty(scope, SymbolToStringTag, { value: 'ServiceWorkerGlobalScope', configurable: true });
  installGlobalHandlers(scope);
}
