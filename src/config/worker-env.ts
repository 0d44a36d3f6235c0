/** What goes into an app's env: variables and secrets, merged in wrangler's order and held against the limits. */
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import type { ConfigDocument } from './document.ts';
import { readEnvFiles } from './env-files.ts';
import { Problem, type ProblemFields } from './problem.ts';
import type { Json } from '../protocol/bindings.ts';
import type { WorkerOptions } from './worker-config.ts';

export interface WorkerEnv {
  readonly vars: Readonly<Record<string, Json>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly sources: readonly string[];
  readonly problems: readonly Problem[];
}

export interface WorkerEnvInput {
  readonly dir: string;
  readonly envName: string | undefined;
  readonly document: ConfigDocument | undefined;
  /** `vars` of the section that counts, and its place. */
  readonly vars: Readonly<Record<string, Json>>;
  readonly path: readonly string[];
  /** `secrets.required`; undefined where secrets are not declared, and every one found counts. */
  readonly required: readonly string[] | undefined;
  readonly devVars: boolean;
  /** Secrets that the server has stored for the app. */
  readonly stored: Readonly<Record<string, string>>;
  readonly options: WorkerOptions;
}

/** Weakest first: `vars`, then `.dev.vars` or `.env`, then stored secrets, then `--var`. */
export function readWorkerEnv(input: WorkerEnvInput): WorkerEnv {
  const { options, required } = input;
  const vars = new Map<string, Json>(Object.entries(input.vars));
  const secrets = new Map<string, string>();
  const from = new Map<string, string>();
  const problems: Problem[] = [];
  let sources: readonly string[] = [];

  if (input.devVars) {
    const processEnv = options.processEnv ?? {};
    const includeProcess = required !== undefined || processEnv['CLOUDFLARE_INCLUDE_PROCESS_ENV']?.toLowerCase() === 'true';
    const files = readEnvFiles(input.dir, {
      env: input.envName,
      dotEnv: processEnv['CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV']?.toLowerCase() !== 'false',
      inherited: includeProcess ? processEnv : {},
    });
    sources = files.candidates;
    for (const [name, value] of Object.entries(files.values)) {
      // Declared secrets only, once secrets are declared; what overrides a variable is always taken.
      if (required !== undefined && !vars.has(name) && !required.includes(name)) continue;
      vars.delete(name);
      secrets.set(name, value);
      from.set(name, files.files.at(-1) ?? '');
    }
  }
  for (const [name, value] of Object.entries(input.stored)) {
    // On Cloudflare a name is either a variable or a secret.
    if (Object.hasOwn(input.vars, name)) problems.push(hiddenVariable(input, name));
    vars.delete(name);
    secrets.set(name, value);
    from.set(name, 'nano secret');
  }
  const missing = (required ?? []).filter((name) => !secrets.has(name));
  if (missing.length > 0 && (input.devVars || options.storedSecrets !== undefined)) problems.push(missingSecrets(input, missing));

  for (const [name, value] of commandLineVars(options.vars, problems)) {
    secrets.delete(name);
    vars.set(name, value);
    from.set(name, '--var');
  }
  problems.push(...overLimit(input, vars, secrets, from));
  return { vars: Object.fromEntries(vars), secrets: Object.fromEntries(secrets), sources, problems };
}

function commandLineVars(given: WorkerOptions['vars'], problems: Problem[]): [string, string][] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) return Object.entries(given);
  return given.flatMap((text: string): [string, string][] => {
    const colon = text.indexOf(':');
    if (colon > 0) return [[text.slice(0, colon), text.slice(colon + 1)]];
    problems.push(
      new Problem({
        severity: 'error',
        key: '--var',
        message: `${JSON.stringify(text)} does not say a name and a value.`,
        allowed: 'KEY:VALUE',
        hint: `Write --var ${text === '' || colon === 0 ? 'KEY' : text}:VALUE.`,
      }),
    );
    return [];
  });
}

function hiddenVariable(input: WorkerEnvInput, name: string): Problem {
  const message = `"${name}" is both a variable and a stored secret; the secret counts.`;
  const hint = `Remove it from "vars", or the secret with nano secret delete ${name}.`;
  return input.document?.problem('warning', [...input.path, 'vars', name], message, { hint }) ?? new Problem({ severity: 'warning', message, hint });
}

function missingSecrets(input: WorkerEnvInput, missing: readonly string[]): Problem {
  const message = `Missing required secrets: ${missing.join(', ')}.`;
  const hint = `${input.options.storedSecrets === undefined ? '' : 'Store them with nano secret put. For development: '}Add them to .dev.vars, .env, or set as environment variables.`;
  return input.document?.problem('warning', [...input.path, 'secrets', 'required'], message, { hint }) ?? new Problem({ severity: 'warning', message, hint });
}

function overLimit(input: WorkerEnvInput, vars: ReadonlyMap<string, Json>, secrets: ReadonlyMap<string, string>, from: ReadonlyMap<string, string>): Problem[] {
  const { envVars, envVarBytes } = input.options.limits ?? DEFAULT_LIMITS;
  const problems: Problem[] = [];
  const add = (name: string | undefined, message: string, hint: string): void => {
    const place = name === undefined ? undefined : from.get(name);
    const fields: ProblemFields = { severity: 'error', message, hint };
    if (place !== undefined) problems.push(new Problem({ ...fields, file: place === '--var' ? undefined : place, key: place === '--var' ? place : name }));
    else
      problems.push(input.document?.problem('error', [...input.path, 'vars', ...(name === undefined ? [] : [name])], message, { hint }) ?? new Problem(fields));
  };
  const count = vars.size + secrets.size;
  if (count > envVars) add(undefined, `There are ${count} variables and secrets; ${envVars} are allowed.`, 'Put related values into one JSON variable.');
  for (const [name, value] of [...vars, ...secrets]) {
    if (name === '__proto__') add(name, 'A variable may not be called "__proto__".', 'Choose another name.');
    const bytes = Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value));
    if (bytes > envVarBytes)
      add(name, `The value of "${name}" has ${bytes} bytes; ${envVarBytes} are allowed.`, 'Keep large values in a module of the app, or in storage.');
  }
  return problems;
}
