/** Which tests there are: every `.any.js` of the chosen areas that a worker can run, once for each variant. */
import { AREAS, areaOf, type Kind } from './areas.ts';
import { classify } from './classify.ts';
import { parseMeta, type Suite } from './suite.ts';

export type Test = {
  readonly path: string;
  /** The query string it runs with; mostly empty. */
  readonly variant: string;
  readonly area: string;
  readonly kind: Kind;
  readonly isLong: boolean;
};

export type Selection = {
  readonly kind: Kind;
  /** Names of areas; undefined for all. */
  readonly areas: ReadonlySet<string> | undefined;
  readonly filter: RegExp | undefined;
};

/** The sidecar speaks neither TLS nor HTTP/2. */
const UNSERVED_VARIANT = /[?&](?:wss|h2|wpt_flags=h2)\b/;

export function inventory(suite: Suite, { kind, areas, filter }: Selection): Test[] {
  const tests: Test[] = [];
  for (const area of AREAS) {
    if (areas !== undefined && !areas.has(area.name)) continue;
    for (const path of suite.files(area.prefix)) {
      // Tentative tests are about what no standard says yet.
      if (!path.endsWith('.any.js') || path.includes('tentative') || areaOf(path) !== area) continue;
      if (filter !== undefined && !filter.test(path)) continue;
      if (classify(suite, path) !== kind) continue;
      const { variants, isLong } = parseMeta(suite.text(path) ?? '');
      for (const variant of variants) {
        if (kind === 'server' && UNSERVED_VARIANT.test(variant)) continue;
        tests.push({ path, variant, area: area.name, kind, isLong });
      }
    }
  }
  return tests;
}
