/**
 * CommonJS modules: how host and isolate name them to each other.
 *
 * A CommonJS module is a function that the host compiles and the isolate calls, when the module is first imported or
 * required. For importers there is an ES module of the same name, whose default export is `module.exports`.
 */

/** The built-in module from which those ES modules take what runs the function. Apps cannot import it. */
export const COMMONJS_MODULE = 'nano:commonjs';

/** Specifiers that are names as they stand, in require(): no path of the bundle begins so. */
export const REQUIRED_SCHEMES = ['cloudflare:', 'node:', 'workerd:'] as const;

/** `require("./x")` with a string for an argument. In a comment it counts as well. */
const CALLS = /(?<![\w$.])require\s*\(\s*(?:"([^"\\\n]+)"|'([^'\\\n]+)'|`([^`\\$]+)`)\s*\)/g;

/** What a CommonJS module requires by strings. For the host. */
export function requiredSpecifiers(source: string): string[] {
  const found = new Set<string>();
  for (const [, double, single, template] of source.matchAll(CALLS)) found.add(double ?? single ?? template ?? '');
  return [...found];
}

/**
 * The name that require() means, seen from a module: always relative to the module's folder, with or without "./"; "/x" is
 * the bundle's root. Undefined where it leads out of the bundle. For the host; the isolate has a like one of its own.
 */
export function resolveRequired(specifier: string, referrer: string): string | undefined {
  if (REQUIRED_SCHEMES.some((scheme) => specifier.startsWith(scheme))) return specifier;
  const segments = specifier.startsWith('/') ? [] : referrer.split('/').slice(0, -1);
  for (const segment of specifier.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) return undefined;
  }
  return segments.join('/');
}
