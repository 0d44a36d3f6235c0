/**
 * What other servers pass of the same tests, measured once with the same division into areas: workerd 1.20261117.1
 * (compatibility date 2026-11-01, no flags), Node 26.10.0, Deno 2.9.6, Bun 1.4.4. The whole is what any of
 * them, or edge-runtime 4.0.1, reported, under whatever name; a peer that stops early has fewer.
 */
import type { Kind } from './areas.ts';

export const PEERS = ['workerd', 'Node', 'Deno', 'Bun'] as const;

/** All subtests, then those that each of PEERS passes; the last may be left out. */
export type PeerFigures = readonly [subtests: number, ...passed: number[]];

export const PEER_FIGURES: Readonly<Record<Kind, Readonly<Record<string, PeerFigures>>>> = {
  plain: {
    url: [2124, 2003, 2114, 2032, 2113],
    urlpattern: [727, 727, 727, 711, 727],
    encoding: [11681, 11640, 11678, 11677, 11644],
    // 1349 names, of which two are others' under another name: edge-runtime's AbortSignal has no tag, and is part of the name.
    streams: [1347, 889, 1335, 1318, 1335],
    'fetch/data-urls': [154, 98, 154, 154, 11],
    'fetch/api': [836, 618, 745, 713, 582],
    'fetch/other': [30, 1, 30, 2, 1],
    FileAPI: [491, 307, 370, 469, 316],
    'xhr/formdata': [39, 35, 39, 39, 29],
    'dom/events': [41, 33, 39, 38, 39],
    'dom/abort': [35, 35, 35, 35, 35],
    WebCryptoAPI: [26923, 25596, 26919, 26400, 26803],
    compression: [336, 225, 336, 329, 330],
    'html/timers': [8, 6, 8, 8, 8],
    'html/microtask-queuing': [6, 6, 5, 5, 5],
    'html/structured-clone': [107, 105, 107, 107, 107],
    'html/atob': [380, 380, 380, 380, 380],
    'hr-time': [36, 24, 34, 34, 31],
    'user-timing': [117, 77, 117, 116, 111],
    'performance-timeline': [99, 14, 89, 82, 85],
    console: [51, 41, 51, 51, 51],
    webidl: [295, 145, 287, 288, 284],
    webmessaging: [20, 0, 18, 19, 19],
    eventsource: [1, 1, 0, 1, 0],
    'wasm/jsapi': [877, 404, 874, 873, 873],
    mimesniff: [1898, 1285, 1031, 1030, 385],
  },
  server: {
    'fetch/api': [1403, 403, 595, 522, 414],
    // Without the 32 tentative ones, of which both pass 14. The others were counted with them only.
    'fetch/other': [205, 31, 43],
    FileAPI: [46, 41, 46, 46, 0],
    websockets: [279, 128, 218, 202, 195],
    eventsource: [43, 15, 0, 17, 0],
  },
};

/**
 * Of how many subtests an area's share is told: all that anyone reported. Whoever stops early, or lacks what a
 * test begins with, reports fewer.
 */
export function wholeOf(kind: Kind, area: string, reported: number): number {
  return Math.max(reported, PEER_FIGURES[kind][area]?.[0] ?? 0);
}
