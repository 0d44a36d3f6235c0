/**
 * The areas of the Web Platform Tests that concern a Workers host, with the share of subtests to reach, in per cent.
 *
 * What is not here has no meaning without documents, origins or a browser's storage: storage, web-locks,
 * resource-timing, service workers themselves.
 */

/** How a test reaches the network: not at all (or only files brought along), or a server beside it. */
export type Kind = 'plain' | 'server';

export type Area = {
  readonly name: string;
  readonly prefix: string;
  /** The goal for tests that need no server, and for those that do; undefined where there is none. */
  readonly plain?: number;
  readonly server?: number;
};

/** The first match counts: longer prefixes come first. */
export const AREAS: readonly Area[] = [
  { name: 'url', prefix: 'url/', plain: 100 },
  { name: 'urlpattern', prefix: 'urlpattern/', plain: 100 },
  { name: 'encoding', prefix: 'encoding/', plain: 100 },
  { name: 'streams', prefix: 'streams/', plain: 99.5 },
  { name: 'fetch/data-urls', prefix: 'fetch/data-urls/', plain: 100 },
  { name: 'fetch/api', prefix: 'fetch/api/', plain: 95, server: 42 },
  { name: 'fetch/other', prefix: 'fetch/' },
  { name: 'FileAPI', prefix: 'FileAPI/', plain: 96, server: 100 },
  { name: 'xhr/formdata', prefix: 'xhr/formdata/', plain: 100 },
  { name: 'dom/events', prefix: 'dom/events/', plain: 97 },
  { name: 'dom/abort', prefix: 'dom/abort/', plain: 100 },
  { name: 'WebCryptoAPI', prefix: 'WebCryptoAPI/', plain: 99.9 },
  { name: 'compression', prefix: 'compression/', plain: 100 },
  { name: 'html/timers', prefix: 'html/webappapis/timers/', plain: 100 },
  { name: 'html/microtask-queuing', prefix: 'html/webappapis/microtask-queuing/', plain: 100 },
  { name: 'html/structured-clone', prefix: 'html/webappapis/structured-clone/', plain: 100 },
  { name: 'html/atob', prefix: 'html/webappapis/atob/', plain: 100 },
  { name: 'hr-time', prefix: 'hr-time/', plain: 95 },
  { name: 'user-timing', prefix: 'user-timing/', plain: 100 },
  { name: 'performance-timeline', prefix: 'performance-timeline/' },
  { name: 'console', prefix: 'console/', plain: 100 },
  { name: 'webidl', prefix: 'webidl/', plain: 97 },
  { name: 'webmessaging', prefix: 'webmessaging/', plain: 95 },
  { name: 'websockets', prefix: 'websockets/', server: 78 },
  { name: 'eventsource', prefix: 'eventsource/', server: 40 },
  { name: 'wasm/jsapi', prefix: 'wasm/jsapi/', plain: 97 },
  { name: 'mimesniff', prefix: 'mimesniff/', plain: 80 },
];

/** The area of a test by its path in the suite. */
export function areaOf(path: string): Area | undefined {
  return AREAS.find(({ prefix }) => path.startsWith(prefix));
}
