/**
 * Secrets for development: `.dev.vars` and `.env` files, by wrangler's rules.
 *
 * `.dev.vars.<env>` stands in for `.dev.vars`; either of the two switches off `.env` files. Those are merged:
 * `.env`, `.env.local`, `.env.<env>`, `.env.<env>.local`, later ones win, and `${NAME}` in them is expanded.
 */
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readOptionalText } from './document.ts';

export interface EnvFiles {
  readonly values: Readonly<Record<string, string>>;
  /** The files that were read. */
  readonly files: readonly string[];
  /** Files that would matter if they existed; a watcher wants to know. */
  readonly candidates: readonly string[];
}

export interface EnvFileOptions {
  readonly env: string | undefined;
  /** False: `.env` files are left alone, as CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV=false asks. */
  readonly dotEnv: boolean;
  /** Values that `.env` files may refer to and that stand behind them: the process's own environment, if that was asked for. */
  readonly inherited: Readonly<Record<string, string | undefined>>;
}

export function readEnvFiles(dir: string, { env, dotEnv, inherited }: EnvFileOptions): EnvFiles {
  const devVars = [...(env === undefined ? [] : [`.dev.vars.${env}`]), '.dev.vars'].map((name) => join(dir, name));
  const dotEnvs = ['.env', '.env.local', ...(env === undefined ? [] : [`.env.${env}`, `.env.${env}.local`])].map((name) => join(dir, name));
  const candidates = Object.freeze([...devVars, ...(dotEnv ? dotEnvs : [])]);
  for (const file of devVars) {
    const values = readEnvFile(file);
    if (values !== undefined) return { values: Object.freeze(values), files: Object.freeze([file]), candidates };
  }
  const merged: Record<string, string> = {};
  const files: string[] = [];
  for (const file of dotEnv ? dotEnvs : []) {
    const values = readEnvFile(file);
    if (values === undefined) continue;
    Object.assign(merged, values);
    files.push(file);
  }
  return { values: Object.freeze(expandAll(merged, inherited)), files: Object.freeze(files), candidates };
}

function readEnvFile(file: string): Record<string, string> | undefined {
  const text = readOptionalText(file);
  if (text === undefined) return undefined;
  return Object.fromEntries(Object.entries(parseEnv(text)).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

const REFERENCE = /\\\$|\$\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|\$([A-Za-z_]\w*)/g;
/** A value this long is over any limit; what makes it longer is cut, so that references to references cannot fill the memory. */
const MAX_EXPANDED = 256 * 1024;

/** Expands `$NAME`, `${NAME}` and `${NAME:-default}`. Values of the process win over those of the files, as in wrangler. */
function expandAll(parsed: Readonly<Record<string, string>>, inherited: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const done = new Map<string, string>();
  for (const [name, value] of Object.entries(inherited)) if (value !== undefined) done.set(name, value);
  const expand = (name: string): string => {
    const known = done.get(name);
    if (known !== undefined) return known;
    // Names that mean each other in a circle are empty.
    done.set(name, '');
    const value = (parsed[name] ?? '').replace(REFERENCE, (whole, braced: string | undefined, fallback: string | undefined, bare: string | undefined) => {
      if (whole === '\\$') return '$';
      const inner = expand(braced ?? bare ?? '');
      return inner === '' ? (fallback ?? '') : inner;
    });
    done.set(name, value.slice(0, MAX_EXPANDED));
    return value.slice(0, MAX_EXPANDED);
  };
  const names = [...Object.keys(inherited), ...Object.keys(parsed)];
  return Object.fromEntries(names.filter((name) => name in parsed || inherited[name] !== undefined).map((name) => [name, expand(name)]));
}
