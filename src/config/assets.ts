/** `assets`: a folder of static files. @see https://developers.cloudflare.com/workers/wrangler/configuration/#assets */
import { resolve } from 'node:path';
import { z } from 'zod';
import { HTML_HANDLING, NOT_FOUND_HANDLING, type HtmlHandling, type NotFoundHandling, type StaticRouting } from '../protocol/assets.ts';

export const assetsSchema = z.looseObject({
  directory: z.string().optional(),
  binding: z.string().min(1).optional(),
  html_handling: z.enum(HTML_HANDLING).optional(),
  not_found_handling: z.enum(NOT_FOUND_HANDLING).optional(),
  run_worker_first: z.union([z.boolean(), z.array(z.string())]).optional(),
});

export interface AssetsConfig {
  /** Absolute. */
  readonly directory: string;
  /** Its name in env. */
  readonly binding: string | undefined;
  readonly htmlHandling: HtmlHandling;
  readonly notFoundHandling: NotFoundHandling;
  readonly runWorkerFirst: boolean | StaticRouting;
}

/** @param hasWorker is there code beside the assets? @param report hears of errors and warnings, in wrangler's words */
export function readAssets(
  value: z.output<typeof assetsSchema>,
  dir: string,
  hasWorker: boolean,
  report: (severity: 'error' | 'warning', message: string) => void,
): AssetsConfig | undefined {
  const { directory, binding, run_worker_first: first = false } = value;
  if (directory === undefined || directory === '') {
    report('error', 'The `assets` property in your configuration is missing the required `directory` property.');
    return undefined;
  }
  if (!hasWorker && binding !== undefined)
    report(
      'error',
      'Cannot use assets with a binding in an assets-only Worker.\nPlease remove the asset binding from your configuration file, or provide a Worker script in your configuration file (`main`).',
    );
  if (!hasWorker && first !== false)
    report(
      'error',
      'Cannot set run_worker_first without a Worker script.\nPlease remove run_worker_first from your configuration file, or provide a Worker script in your configuration file (`main`).',
    );
  else if (first === true && binding === undefined)
    report(
      'warning',
      'run_worker_first=true set without an assets binding\nSetting run_worker_first to true will always invoke your Worker script.\nTo fetch your assets from your Worker, please set the [assets.binding] key in your configuration file.',
    );
  const routing = typeof first === 'boolean' ? first : readStaticRouting(first);
  if (typeof routing === 'string') report('error', routing);
  return {
    directory: resolve(dir, directory),
    binding,
    htmlHandling: value.html_handling ?? 'auto-trailing-slash',
    notFoundHandling: value.not_found_handling ?? 'none',
    runWorkerFirst: typeof routing === 'string' ? false : routing,
  };
}

const MOST_RULES = 100;
const LONGEST_RULE = 100;

/** Splits the rules into those for the worker and, with "!", for the assets; or says what is wrong with them. */
export function readStaticRouting(rules: readonly string[]): StaticRouting | string {
  if (rules.length === 0) return 'No `run_worker_first` rules were provided; must provide at least 1 rule.';
  if (rules.length > MOST_RULES) return `Too many \`run_worker_first\` rules were provided; ${rules.length} rules provided exceeds max of ${MOST_RULES}.`;
  const negative = rules.filter((rule) => rule.startsWith('!/'));
  const worker = rules.filter((rule) => rule.startsWith('/'));
  const invalid = rules
    .filter((rule) => !rule.startsWith('/') && !rule.startsWith('!/'))
    .map((rule) => (rule.startsWith('!') ? `'${rule}': negative rules must start with '!/'` : `'${rule}': rules must start with '/' or '!/'`));
  if (negative.length > 0 && worker.length === 0) return 'Only negative `run_worker_first` rules were provided; must provide at least 1 non-negative rule';
  invalid.push(...faultsOf(worker), ...faultsOf(negative));
  if (invalid.length > 0) return `Invalid routes in \`run_worker_first\`:\n${invalid.join('\n')}`;
  return { assets: negative.map((rule) => rule.slice(1)), worker };
}

function faultsOf(rules: readonly string[]): string[] {
  const faults: string[] = [];
  for (const [index, rule] of rules.entries()) {
    if (rule.length > LONGEST_RULE) faults.push(`'${rule}': all rules must be less than ${LONGEST_RULE} characters in length`);
    if (rules.indexOf(rule) < index) faults.push(`'${rule}': rule is a duplicate; rules must be unique`);
    if (!rule.endsWith('*')) continue;
    for (const other of rules) if (other !== rule && other.startsWith(rule.slice(0, -1))) faults.push(`'${other}': rule '${rule}' makes it redundant`);
  }
  return faults;
}
