/** Wrangler's module rules: which files stay modules of their own, and of which type. */
import type { ModuleRule, RuleType } from '../config/worker-config.ts';
import type { ModuleType } from '../protocol/bundle.ts';
import { fileGlob, specifierGlob } from './glob.ts';

/** They stand behind an app's own rules. */
const DEFAULT_RULES: readonly ModuleRule[] = Object.freeze([
  { type: 'Text', globs: ['**/*.txt', '**/*.html', '**/*.sql'] },
  { type: 'Data', globs: ['**/*.bin'] },
  { type: 'CompiledWasm', globs: ['**/*.wasm', '**/*.wasm?module'] },
]);

const TYPES: Readonly<Record<RuleType, ModuleType>> = { ESModule: 'esm', CommonJS: 'commonjs', CompiledWasm: 'wasm', Text: 'text', Data: 'data' };

export interface CompiledRule {
  readonly rule: ModuleRule;
  readonly type: ModuleType;
  readonly isScript: boolean;
  matchesFile(name: string): boolean;
  matchesSpecifier(specifier: string): boolean;
  /** Sources of regular expressions over specifiers. */
  readonly patterns: readonly string[];
}

export interface Rules {
  readonly active: readonly CompiledRule[];
  /** Rules shadowed by an earlier one of the same type without `fallthrough`: what matches only these is an error. */
  readonly shadowed: readonly CompiledRule[];
}

/** An app's rules and the defaults, in the order they are tried. */
export function compileRules(own: readonly ModuleRule[]): Rules {
  const closed = new Set<RuleType>();
  const active: CompiledRule[] = [];
  const shadowed: CompiledRule[] = [];
  for (const rule of [...own, ...DEFAULT_RULES]) {
    (closed.has(rule.type) ? shadowed : active).push(compile(rule));
    if (rule.fallthrough !== true) closed.add(rule.type);
  }
  return { active, shadowed };
}

function compile(rule: ModuleRule): CompiledRule {
  const files = rule.globs.map(fileGlob);
  const specifiers = rule.globs.map(specifierGlob);
  return {
    rule,
    type: TYPES[rule.type],
    isScript: rule.type === 'ESModule' || rule.type === 'CommonJS',
    matchesFile: (name) => files.some((glob) => glob.test(name)),
    matchesSpecifier: (specifier) => specifiers.some((glob) => glob.test(specifier)),
    patterns: specifiers.map((glob) => glob.source),
  };
}

export function shadowedMessage(path: string, rule: ModuleRule): string {
  return `The file ${path} matched a module rule in your configuration (${JSON.stringify(rule)}), but was ignored because a previous rule with the same type was not marked as \`fallthrough = true\`.`;
}
