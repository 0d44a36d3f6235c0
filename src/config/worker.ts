/**
 * Reads the configuration of one app: its wrangler file, the chosen environment, secrets for development and
 * the command line, merged by wrangler's rules into one frozen WorkerConfig. Nothing else merges options.
 */
import { realpathSync } from 'node:fs';
import { dirname, extname, relative, resolve } from 'node:path';
import type { BindingRecord } from '../protocol/bindings.ts';
import { type AssetsConfig, readAssets } from './assets.ts';
import { queueConsumers } from './bindings/queues.ts';
import { readBindings } from './bindings/table.ts';
import { flagProblems } from './compat.ts';
import { DEFAULT_COMPATIBILITY_DATE } from './defaults.ts';
import { type ConfigDocument, isObject, type KeyPath, readDocument } from './document.ts';
import { type AppFiles, findApp, isFile } from './find-app.ts';
import { deepFreeze } from './freeze.ts';
import { limitsByName } from './limit-schema.ts';
import { deriveName, nameFault } from './names.ts';
import { ConfigError, configError, Problem } from './problem.ts';
import { followRedirect, wrongEnvironment } from './redirect.ts';
import { schemaProblems } from './schema-problems.ts';
import type { RouteConfig, WorkerConfig, WorkerOptions } from './worker-config.ts';
import { readWorkerEnv } from './worker-env.ts';
import { noteKeys } from './worker-notes.ts';
import { dateFault, type Section, sectionKeys, sectionSchema } from './worker-schema.ts';
import { WRANGLER_KEYS } from './wrangler-keys.ts';

/**
 * The configuration of the app at a path: a folder, a wrangler file, or a bare source file.
 * @throws ConfigError with every error of one kind found (types first, then values); warnings are in the result.
 */
export function readWorkerConfig(target: string, options: WorkerOptions = {}): WorkerConfig {
  return new Reader(findApp(target), options).read();
}

class Reader {
  /** As found, and as a build tool's redirect has it. */
  readonly #found: AppFiles;
  readonly #files: AppFiles;
  readonly #options: WorkerOptions;
  readonly #document: ConfigDocument | undefined;
  readonly #problems: Problem[] = [];
  #envName: string | undefined;
  #top: Section = {};
  #env: Section | undefined;

  constructor(files: AppFiles, options: WorkerOptions) {
    this.#found = files;
    this.#files = options.redirect === false ? files : followRedirect(files);
    this.#options = options;
    this.#document = this.#files.configPath === undefined ? undefined : readDocument(this.#files.configPath);
  }

  read(): WorkerConfig {
    const envName = this.#options.env || this.#options.processEnv?.['CLOUDFLARE_ENV'] || undefined;
    // What a build has made is for the environment that it was told.
    if (this.#isRedirected()) this.#checkEnvironment(envName);
    else this.#envName = envName;
    this.#readSections();
    this.#failOnErrors();

    const { dir, configPath, isBareFile } = this.#files;
    const path = (value: string): string => resolve(dir, value);
    const main = this.#main();
    const assets = this.#assets(main !== '');
    const nano = { ...pickNano(this.#top), ...this.#top.nano, ...(this.#env && { ...pickNano(this.#env), ...this.#env.nano }) };
    const build = this.#get('build');
    const tsconfig = this.#get('tsconfig');
    const noBundle = this.#get('no_bundle') ?? false;
    const varsIn = this.#env?.vars ?? (this.#env === undefined ? this.#top.vars : undefined);
    const env = readWorkerEnv({
      stored: this.#storedSecrets(),
      dir: this.#found.dir,
      envName,
      document: this.#document,
      vars: varsIn ?? {},
      path: this.#env === undefined ? [] : ['env', this.#envName ?? ''],
      required: (this.#env ?? this.#top).secrets === undefined ? undefined : ((this.#env ?? this.#top).secrets?.required ?? []),
      devVars: this.#options.devVars ?? !isBareFile,
      options: this.#options,
    });
    this.#problems.push(...env.problems);
    const config: WorkerConfig = {
      name: this.#name(),
      env: this.#envName,
      configPath,
      projectDir: dir,
      main,
      baseDir: path(this.#get('base_dir') ?? dirname(main === '' ? resolve(dir, 'index.js') : main)),
      compatibilityDate: this.#compatibilityDate(),
      compatibilityFlags: this.#compatibilityFlags(),
      vars: env.vars,
      secrets: env.secrets,
      bindings: this.#bindings(assets, { ...env.vars, ...env.secrets }),
      versionMetadata: (this.#env ?? this.#top).version_metadata?.binding,
      assets,
      routes: this.#routes(),
      crons: [...new Set(this.#get('triggers')?.crons)],
      tailConsumers: ((this.#env ?? this.#top).tail_consumers ?? []).map(({ service, environment }) =>
        environment === undefined ? service : `${service}-${environment}`,
      ),
      consumers: queueConsumers((this.#env ?? this.#top).queues),
      limits: { ...limitsByName(this.#get('limits')), ...limitsByName(nano.limits) },
      isolation: nano.isolation ?? 'shared',
      timers: nano.timers,
      egress: { allow: nano.egress?.allow ?? [], deny: nano.egress?.deny ?? [] },
      trustGroup: nano.trust_group,
      dispatchNamespace: nano.dispatch_namespace,
      rules: this.#get('rules') ?? [],
      noBundle,
      findAdditionalModules: this.#get('find_additional_modules') ?? noBundle,
      preserveFileNames: this.#get('preserve_file_names') ?? false,
      define: (this.#env ?? this.#top).define ?? {},
      alias: this.#top.alias ?? {},
      tsconfig: tsconfig === undefined ? undefined : path(tsconfig),
      jsxFactory: this.#get('jsx_factory'),
      jsxFragment: this.#get('jsx_fragment'),
      minify: this.#get('minify') ?? false,
      keepNames: this.#get('keep_names') ?? this.#get('minify') ?? false,
      build:
        build?.command === undefined
          ? undefined
          : { command: build.command, cwd: path(build.cwd ?? '.'), watchDirs: [build.watch_dir ?? './src'].flat().map(path) },
      settings: this.#settings(),
      sources: [
        configPath,
        this.#isRedirected() ? this.#files.deployConfig : undefined,
        ...env.sources,
        tsconfig === undefined ? undefined : path(tsconfig),
      ].filter((file) => file !== undefined),
      warnings: [],
    };
    this.#failOnErrors();
    return deepFreeze({ ...config, warnings: [...this.#problems] });
  }

  #isRedirected(): boolean {
    return this.#files !== this.#found;
  }

  #checkEnvironment(name: string | undefined): void {
    const value = this.#document?.value ?? {};
    const wrong = wrongEnvironment(name, value['targetEnvironment']);
    if (wrong !== undefined) this.#error(['targetEnvironment'], wrong, 'Build the project again with this environment, or leave it out here.');
    if (isObject(value['env']) && Object.keys(value['env']).length > 0)
      this.#error(['env'], 'Redirected configurations cannot include environments.', 'The tool that has made this file is wrong: report it to its authors.');
  }

  #readSections(): void {
    const document = this.#document;
    if (document === undefined) {
      if (this.#envName !== undefined) this.#problems.push(this.#noEnvironment({}, this.#envName));
      return;
    }
    this.#problems.push(...document.warnings);
    this.#top = this.#checked(document.value, []);
    const sections = isObject(document.value['env']) ? document.value['env'] : {};
    const name = this.#envName;
    const raw = name === undefined || !Object.hasOwn(sections, name) ? undefined : sections[name];
    if (isObject(raw) && name !== undefined) this.#env = this.#checked(raw, ['env', name]);
    else if (name !== undefined && raw === undefined) this.#problems.push(this.#noEnvironment(sections, name));
    this.#problems.push(
      ...noteKeys(document, { top: document.value, env: isObject(raw) ? raw : undefined, envName: name, isRedirected: this.#isRedirected() }),
    );
  }

  #checked(value: Readonly<Record<string, unknown>>, base: KeyPath): Section {
    const result = sectionSchema.safeParse(value);
    if (!result.success) {
      if (this.#document !== undefined) this.#problems.push(...schemaProblems(this.#document, result.error, value, sectionKeys, base));
      return {};
    }
    const { route, routes } = result.data;
    if (route !== undefined && routes !== undefined)
      this.#error([...base, 'route'], 'Expected exactly one of the following fields ["routes","route"].', 'Move the pattern of "route" into "routes".');
    return result.data;
  }

  /** As in wrangler: an error where environments are defined, a warning where there are none. */
  #noEnvironment(sections: Readonly<Record<string, unknown>>, name: string): Problem {
    const names = Object.keys(sections);
    const severity = names.length > 0 ? 'error' : 'warning';
    const message = `No environment found in configuration with name "${name}".`;
    const allowed = names.length > 0 ? names.map((one) => `"${one}"`).join(', ') : undefined;
    const hint = `Before using --env=${name} there should be an equivalent environment section "env.${name}" in the configuration.`;
    return this.#document?.problem(severity, ['env'], message, { allowed, hint }) ?? new Problem({ severity, message, hint });
  }

  /** An inheritable key: the environment's value, or else the top level's. */
  #get<K extends keyof Section>(key: K): Section[K] | undefined {
    return this.#env?.[key] ?? this.#top[key];
  }

  #placeOf(key: string): KeyPath {
    return this.#env?.[key] === undefined ? [key] : ['env', this.#envName ?? '', key];
  }

  #error(key: KeyPath, message: string, hint?: string): void {
    this.#note('error', key, message, hint);
  }

  #note(severity: 'error' | 'warning', key: KeyPath, message: string, hint: string | undefined): void {
    this.#problems.push(this.#document?.problem(severity, key, message, { hint }) ?? new Problem({ severity, message, hint }));
  }

  #failOnErrors(): void {
    const errors = this.#problems.filter((problem) => problem.severity === 'error');
    if (errors.length > 0) throw new ConfigError(errors);
  }

  #name(): string {
    const fromOption = this.#options.name;
    if (fromOption !== undefined) {
      const fault = nameFault(fromOption);
      if (fault !== undefined) throw configError({ key: '--name', message: `${JSON.stringify(fromOption)} cannot be the name of an app: it ${fault}.` });
      return fromOption;
    }
    const own = this.#env?.name || undefined;
    if (own !== undefined) return own;
    const base = this.#top.name || deriveName(this.#files.baseName);
    if (base === undefined)
      throw configError({
        file: this.#files.configPath ?? this.#files.dir,
        key: 'name',
        message: `No name can be made from ${JSON.stringify(this.#files.baseName)}.`,
        hint: 'Set "name" in wrangler.jsonc, or rename the folder or file.',
      });
    const name = this.#envName === undefined ? base : `${base}-${this.#envName}`;
    const fault = nameFault(name);
    if (fault !== undefined) this.#error(['name'], `The name "${name}", made from name and environment, ${fault}.`, 'Set "name" in the environment.');
    return name;
  }

  /** Empty where static assets are all there is: with them no entry is looked for that the configuration does not name. */
  #main(): string {
    const { dir } = this.#files;
    const given = this.#get('main');
    if (given === undefined && this.#get('assets') !== undefined) return '';
    const main = given === undefined ? this.#files.main : resolve(dir, given);
    if (main === undefined) {
      this.#error(['main'], 'Missing entry-point to Worker script.', this.#missingMainHint());
      this.#failOnErrors();
      return '';
    }
    const shown = relative(dir, main);
    // A command may have to make it first: then the builder looks.
    if (given !== undefined && !isFile(main) && this.#get('build')?.command === undefined)
      this.#error(
        this.#placeOf('main'),
        `The entry-point file at "${shown}" was not found.`,
        'Correct the path; it is relative to the folder of the configuration file.',
      );
    else if (extname(main) === '.py') this.#error(this.#placeOf('main'), 'Python Workers are not supported.', 'Name a JavaScript or TypeScript file.');
    return isFile(main) ? realpathSync(main) : main;
  }

  #missingMainHint(): string {
    const old: Readonly<Record<string, unknown>> = this.#top;
    if (old['pages_build_output_dir'] !== undefined)
      return 'Pages projects are not supported. Set "main" to a Worker, and "assets": { "directory": … } to the static files ("pages_build_output_dir").';
    if (old['site'] !== undefined)
      return 'Workers Sites ("site") are not supported. Set "assets": { "directory": … } to the folder of "site.bucket"; a "main" is then not needed.';
    if (Object(old['build']).upload !== undefined) return '"build.upload" is no longer read: set "main" to the entry file.';
    return 'Set "main" to the entry file, for example "src/index.ts".';
  }

  #compatibilityDate(): string {
    const option = this.#options.compatibilityDate;
    const date = option ?? this.#get('compatibility_date');
    if (date === undefined) {
      if (this.#document !== undefined)
        this.#problems.push(
          this.#document.problem('warning', ['compatibility_date'], `No compatibility_date was specified. Using "${DEFAULT_COMPATIBILITY_DATE}".`, {
            hint: `Add "compatibility_date": "${DEFAULT_COMPATIBILITY_DATE}" to keep this behaviour when NANO is updated.`,
          }),
        );
      return DEFAULT_COMPATIBILITY_DATE;
    }
    const fault = dateFault(date, this.#options.today ?? new Date().toISOString().slice(0, 10));
    if (fault === undefined) return date;
    if (option === undefined) this.#error(this.#placeOf('compatibility_date'), fault, 'Write a date as YYYY-MM-DD, today or before.');
    else throw configError({ key: '--compatibility-date', message: fault, allowed: 'a date as YYYY-MM-DD, today or before' });
    return date;
  }

  #compatibilityFlags(): readonly string[] {
    const flags = this.#options.compatibilityFlags ?? this.#get('compatibility_flags') ?? [];
    const date = this.#options.compatibilityDate ?? this.#get('compatibility_date') ?? DEFAULT_COMPATIBILITY_DATE;
    for (const { severity, message, hint } of flagProblems(date, flags)) {
      if (this.#options.compatibilityFlags !== undefined && severity === 'error') throw configError({ key: '--compatibility-flags', message, hint });
      this.#note(severity, this.#placeOf('compatibility_flags'), message, hint);
    }
    return flags;
  }

  #routes(): RouteConfig[] {
    const hasOwn = this.#env?.route !== undefined || this.#env?.routes !== undefined;
    const section = hasOwn && this.#env !== undefined ? this.#env : this.#top;
    const all = section.routes ?? (section.route === undefined ? [] : [section.route]);
    return all.flatMap((route): RouteConfig[] => {
      if (route === '')
        this.#problems.push(
          this.#document?.problem('warning', this.#placeOf('route'), 'A route in your configuration is an empty string and will be ignored.') ??
            new Problem({ severity: 'warning', message: 'An empty route is ignored.' }),
        );
      if (typeof route === 'string') return route === '' ? [] : [{ pattern: route, customDomain: false }];
      return route.enabled === false ? [] : [{ pattern: route.pattern, customDomain: route.custom_domain === true }];
    });
  }

  #assets(hasWorker: boolean): AssetsConfig | undefined {
    const value = this.#get('assets');
    if (value === undefined) return undefined;
    const key = this.#placeOf('assets');
    return readAssets(value, this.#files.dir, hasWorker, (severity, message) => {
      this.#problems.push(this.#document?.problem(severity, key, message) ?? new Problem({ severity, message }));
    });
  }

  #storedSecrets(): Readonly<Record<string, string>> {
    try {
      return this.#options.storedSecrets?.(this.#name()) ?? {};
    } catch (error) {
      this.#error(['secrets'], `The stored secrets cannot be used: ${(error as Error).message}.`);
      return {};
    }
  }

  /** The bindings of env: no two things may have one name. */
  #bindings(assets: AssetsConfig | undefined, taken: Readonly<Record<string, unknown>>): BindingRecord[] {
    const bindings = readBindings(this.#env ?? this.#top, { app: this.#name(), dir: this.#files.dir, env: this.#options.processEnv });
    if (assets?.binding !== undefined) bindings.push({ name: assets.binding, type: 'assets', options: {} });
    const names = new Set(Object.keys(taken));
    const version = (this.#env ?? this.#top).version_metadata?.binding;
    for (const name of [...bindings.map((one) => one.name), ...(version === undefined ? [] : [version])]) {
      if (names.has(name)) this.#error([name], `${name} assigned to more than one binding.`, 'Bindings must have unique names: rename one of them.');
      names.add(name);
    }
    return bindings;
  }

  /** The keys nothing above reads, as they hold for the environment. */
  #settings(): Record<string, unknown> {
    const settings: Record<string, unknown> = {};
    for (const { name, scope, treatment } of WRANGLER_KEYS.values()) {
      if (treatment === 'acted' || treatment === 'removed') continue;
      const value = scope === 'top' ? this.#top[name] : scope === 'inheritable' ? this.#get(name) : (this.#env ?? this.#top)[name];
      if (value !== undefined) settings[name] = value;
    }
    return settings;
  }
}

function pickNano(section: Section): Pick<Section, 'isolation' | 'egress' | 'timers' | 'trust_group' | 'dispatch_namespace'> {
  const { isolation, egress, timers, trust_group, dispatch_namespace } = section;
  return {
    ...(isolation && { isolation }),
    ...(egress && { egress }),
    ...(timers && { timers }),
    ...(trust_group && { trust_group }),
    ...(dispatch_namespace && { dispatch_namespace }),
  };
}
