/**
 * What the tables of the code promise each other, as functions from what was found to complaints.
 * check-tables.ts feeds them the project; the test feeds them lies.
 */
import type { ClientError } from '../src/protocol/errors.ts';
import type { Limit } from '../src/protocol/limits.ts';

export type OpTables = Readonly<Record<'Post' | 'Request' | 'Sync', Readonly<Record<string, number>>>>;
/** Text of source files by path. */
export type Sources = Readonly<Record<string, string>>;

/**
 * Every op has a number of its own, exactly one implementation on the host, and a user in the runtime.
 * @param implemented numbers in the merged table of src/ops
 * @param app sources of the app and isolate layers, which answer some ops themselves
 */
export function opProblems(ops: OpTables, implemented: ReadonlySet<number>, app: Sources, runtime: Sources): string[] {
  const problems: string[] = [];
  const numbers = new Map<number, string>();
  for (const [table, entries] of Object.entries(ops)) {
    for (const [name, number] of Object.entries(entries)) {
      const op = `${table}.${name}`;
      const other = numbers.get(number);
      if (other !== undefined) problems.push(`${op} and ${other} have the same number ${number}.`);
      numbers.set(number, op);
      const inApp = mentions(app, table, name, (text) => new RegExp(`(?:case|===) ${text}\\b`));
      // The app layer may look at an op on its way to the table; then it names it in `posts[…]` too.
      const passedOn = mentions(app, table, name, (text) => new RegExp(`s\\[${text}\\]`));
      if (inApp && implemented.has(number) && !passedOn) problems.push(`${op} is implemented in src/ops and again in src/app.`);
      if (!inApp && !implemented.has(number)) problems.push(`${op} is implemented nowhere on the host.`);
      if (!mentions(runtime, table, name, (text) => new RegExp(`\\b${text}\\b`))) problems.push(`${op} is used nowhere in the runtime.`);
    }
  }
  return problems;
}

/**
 * Every global stands in the reference of Web APIs, and nothing else does.
 * @param installed names of all globals the runtime defines
 */
export function globalProblems(installed: ReadonlySet<string>, described: readonly string[]): string[] {
  const twice = described.filter((name, index) => described.indexOf(name) !== index);
  return [
    ...[...installed].filter((name) => !described.includes(name)).map((name) => `The global ${name} is not in src/protocol/web-apis.ts.`),
    ...described.filter((name) => !installed.has(name)).map((name) => `src/protocol/web-apis.ts has ${name}, which is no global.`),
    ...twice.map((name) => `src/protocol/web-apis.ts has ${name} twice.`),
  ];
}

/** Whether a source names `table.name`, under whatever local name it imports the table. */
function mentions(sources: Sources, table: string, name: string, pattern: (text: string) => RegExp): boolean {
  return Object.values(sources).some((source) => {
    const list = /import (?:type )?\{([^}]*)\} from '[./]+protocol\/ops\.ts'/.exec(source)?.[1];
    const imported =
      list?.split(',').map((each) =>
        each
          .trim()
          .replace(/^type /, '')
          .split(' as '),
      ) ?? [];
    return imported.some(([original, local = original]) => original === table && pattern(`${local}\\.${name}`).test(source));
  });
}

/** Our own codes mean one thing each; where Cloudflare has one code for several things, clients hear the same of each. */
export function errorProblems(errors: Readonly<Record<string, ClientError>>): string[] {
  const problems: string[] = [];
  const known = new Map<number, [string, ClientError]>();
  for (const [name, error] of Object.entries(errors)) {
    const [otherName, other] = known.get(error.code) ?? [];
    known.set(error.code, [name, error]);
    if (other === undefined) continue;
    if (error.code >= 9000) problems.push(`The errors ${otherName} and ${name} have the same code ${error.code}.`);
    else if (error.status !== other.status || error.title !== other.title)
      problems.push(`The errors ${otherName} and ${name} share the code ${error.code} but not status and title.`);
  }
  return problems;
}

export function limitProblems(limits: Readonly<Record<string, Limit>>): string[] {
  const keys = Object.values(limits).map(({ key }) => key);
  return [
    ...Object.entries(limits)
      .filter(([name, limit]) => limit.name !== name)
      .map(([name]) => `The limit ${name} calls itself something else.`),
    ...Object.values(limits)
      .filter((limit) => limit.minimum > limit.default || limit.default > limit.ceiling)
      .map(({ name }) => `The default of ${name} is not between its minimum and its ceiling.`),
    ...keys.filter((key, index) => keys.indexOf(key) !== index).map((key) => `Two limits have the key ${key}.`),
  ];
}

/** Words of the command line that stand for options of every command. */
const EVERYWHERE = new Set(['help', 'version']);

/**
 * The page of the command line has each command by all of its words, and each option in its section or among those that
 * several commands share; and it names no option that is gone.
 * @param commands every command by all of its words ("kv key put"), with the names of its options
 */
export function commandProblems(commands: Readonly<Record<string, readonly string[]>>, page: string): string[] {
  const [, ...sections] = page.split(/^## /m);
  const shared = sections.find((section) => section.startsWith('Options of')) ?? '';
  const known = new Map(sections.map((section) => [section, new Set(EVERYWHERE)]));
  const problems: string[] = [];
  for (const [name, options] of Object.entries(commands)) {
    const [word = ''] = name.split(' ');
    const section = sections.find((one) => new RegExp(`^[^\\n]*\\bnano ${word}\\b`).test(one));
    if (section === undefined || !section.includes(`nano ${name}`)) {
      problems.push(`docs/reference/cli.md does not have nano ${name}.`);
      continue;
    }
    for (const option of options) {
      for (const place of [section, shared]) known.get(place)?.add(option);
      if (![section, shared].some((text) => optionsIn(text).includes(option)))
        problems.push(`docs/reference/cli.md does not have --${option} of nano ${name}.`);
    }
  }
  for (const [section, options] of known) {
    const [title = ''] = section.split('\n');
    for (const option of optionsIn(section))
      if (!options.has(option)) problems.push(`docs/reference/cli.md has --${option} in "${title}": no command there takes it.`);
  }
  return problems;
}

/** Names of options that a text has, each once. */
const optionsIn = (text: string): string[] => [...new Set([...text.matchAll(/--([a-z][a-z0-9-]*)/g)].map(([, name]) => name as string))];

/** A package that is run, not imported: the binary that bin/nano.js looks for. */
const RUN = 'node';

/**
 * Each runtime dependency is used, and has its reason: a heading of its own in docs/dependencies.md.
 * @param development those that are needed to develop only: explained in a list, by names in bold
 */
export function dependencyProblems(dependencies: readonly string[], page: string, host: Sources, development: readonly string[] = []): string[] {
  const explained = [...page.matchAll(/^### (\S+)$/gm)].map(([, name]) => name as string);
  const listed = [...page.matchAll(/^- .*$/gm)].flatMap(([line]) => [...line.matchAll(/\*\*(\S+)\*\*/g)].map(([, name]) => name as string));
  return [
    ...development.filter((name) => !listed.includes(name)).map((name) => `docs/dependencies.md does not say why ${name} is needed.`),
    ...listed.filter((name) => !development.includes(name)).map((name) => `docs/dependencies.md explains ${name}, which package.json does not have.`),
    ...dependencies.filter((name) => !explained.includes(name)).map((name) => `docs/dependencies.md does not say why ${name} is needed.`),
    ...dependencies
      .filter((name) => name !== RUN && !Object.values(host).some((source) => source.includes(`'${name}'`)))
      .map((name) => `${name} is a dependency that nothing in src/ imports.`),
    ...explained.filter((name) => !dependencies.includes(name)).map((name) => `docs/dependencies.md explains ${name}, which package.json does not have.`),
  ];
}
