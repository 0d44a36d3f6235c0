/** The reference pages, made from the tables of src/. What is here is the pages' words; every number and key comes from a table. */
import { DEFAULT_SERVER } from '../src/config/defaults.ts';
import { serverSchema } from '../src/config/server.ts';
import { nanoSchema } from '../src/config/worker-schema.ts';
import { WRANGLER_KEYS, type KeyTreatment } from '../src/config/wrangler-keys.ts';
import { CHUNKS } from '../src/protocol/chunks.ts';
import { LANGUAGE_DEVIATIONS, WEB_APIS } from '../src/protocol/web-apis.ts';
import { COMPAT_GROUPS, type CompatFlag, type CompatStatus } from '../src/protocol/compat.ts';
import { ClientErrors, type ClientError, type ClientErrorName } from '../src/protocol/errors.ts';
import { LIMITS, type Limit } from '../src/protocol/limits.ts';
import { conformancePage } from '../test/conformance/page.ts';
import { readResults } from '../test/conformance/results.ts';

const NOTE = '<!-- Made by tools/generate-docs.ts from the tables in src/: change those, then run `npm run docs`. -->';

/** Pages by their path in the repository. */
export const pages: Readonly<Record<string, () => string>> = {
  'docs/reference/errors.md': errors,
  'docs/reference/limits.md': limits,
  'docs/reference/configuration.md': configuration,
  'docs/reference/compatibility-flags.md': compatibilityFlags,
  'docs/reference/web-apis.md': webApis,
  'docs/reference/conformance.md': () => conformancePage(readResults()),
};

/** When a client is told of each error. */
const WHEN: Readonly<Record<ClientErrorName, string>> = {
  exception: 'The app threw, or what it answered is no response.',
  exceededCpu: 'The app used up its CPU time, or takes too long to start.',
  exceededMemory: 'The app used up its memory.',
  neverResponded: 'Nothing that the handler waits for can happen any more.',
  startup: 'The modules of the app threw when they were evaluated.',
  badRequest: 'The request is malformed, ambiguous or without a usable host.',
  unknownHost: 'No app has this host and path.',
  bodyTooLarge: 'The body is larger than `request_body_bytes`.',
  urlTooLong: 'The URL is longer than `url_bytes`.',
  headersTooLarge: 'The headers are larger than `header_bytes`.',
  responseTooLarge: 'The response is larger than `response_body_bytes`.',
  appBroken: 'The app cannot be built.',
  appQuarantined: 'The app was there at repeated deaths of engines.',
  engineDraining: 'No engine is there to take the request.',
  tooBusy: 'The machine was too busy to run the app in time, or clients leave too much of their answers unread.',
  internal: 'NANO itself failed.',
};

function errors(): string {
  const entries = Object.entries(ClientErrors) as [ClientErrorName, ClientError][];
  const rows = entries
    .sort(([, a], [, b]) => a.code - b.code)
    .map(([name, { code, status, title, fault, outcome }]) => [code, status, title, WHEN[name], fault, `\`${outcome}\``]);
  return page('Errors', [
    'What a client is told when a request fails before or instead of the app. Codes below 9000 are Cloudflare’s; the precise reason is in the log, under the outcome.',
    table(['Code', 'Status', 'Title', 'When', 'Whose fault', 'Outcome in the log'], rows),
    'The log knows more outcomes. Of a request: `ok`, `clientClosed` (the client left) and `responseAborted` (the response broke off). Of a scheduled run or a batch of messages: `ok`, `exceededWallTime` (it took longer than 15 minutes), `notReady` (the app is broken, quarantined or gone), `noEngine` and `engineDied` (no engine was there to run it, or those that ran it died), `storeFailed` (a batch could not be read) and `internal`.',
  ]);
}

function limits(): string {
  const all: Limit[] = Object.values(LIMITS);
  const row = (limit: Limit): (string | number)[] => [
    `\`${limit.key}\``,
    limit.description,
    amount(limit, limit.default),
    amount(limit, limit.ceiling),
    amount(limit, limit.minimum),
  ];
  const head = ['Key', 'What is limited', 'Default', 'Most', 'Least'];
  return page('Limits', [
    'An installation sets its own defaults and ceilings in `limits` of nano.jsonc, below the most given here. Values are whole numbers in the unit of the key.',
    '## An app may ask for less or more',
    'In `limits` of its wrangler file, up to the server’s ceiling.',
    table(head, all.filter(({ scope }) => scope === 'app').map(row)),
    '## Only the server sets',
    table(head, all.filter(({ scope }) => scope === 'server').map(row)),
  ]);
}

const TREATMENTS: Readonly<Record<KeyTreatment, string>> = {
  acted: 'Read and followed.',
  accepted: 'Accepted without effect and without a word: they concern Cloudflare’s build, upload or account.',
  later: 'Not built yet: a warning says what is missing.',
  unsupported: 'Not supported: a warning says what happens instead.',
  removed: 'An error, as in wrangler.',
};

function configuration(): string {
  const wrangler = [...WRANGLER_KEYS.values()];
  const groups = (Object.keys(TREATMENTS) as KeyTreatment[]).map((treatment) => {
    const names = wrangler.filter((key) => key.treatment === treatment).map(({ name }) => `\`${name}\``);
    return `**${TREATMENTS[treatment]}** ${names.sort().join(', ')}`;
  });
  return page('Configuration', [
    '## The server: nano.jsonc',
    'A key that is not here is an error. The command line wins over the file.',
    table(
      ['Key', 'Meaning', 'Default'],
      Object.entries(serverSchema.shape).map(([key, { description }]) => [`\`${key}\``, description ?? '', serverDefault(key)]),
    ),
    '## An app: wrangler.jsonc, wrangler.json, wrangler.toml',
    'The keys of wrangler, and what becomes of each:',
    ...groups,
    '### NANO’s own keys',
    'At the top level, in an environment, or in an object `nano` in either, so that wrangler does not mind them.',
    table(
      ['Key', 'Meaning'],
      Object.entries(nanoSchema.shape).map(([key, { description }]) => [`\`${key}\``, description ?? '']),
    ),
  ]);
}

const STATUSES: Readonly<Record<CompatStatus, string>> = {
  acted: '**acted on**: as the app’s date and flags say',
  always: '**always**: only the newer way is built, whatever the date',
  none: '**no difference**: there is nothing here that it could change',
  unsupported: '**not supported yet**: only the older way is built; a warning says so where an app names the flag',
};

function compatibilityFlags(): string {
  const row = ({ on, off, since, with: other, status, story }: CompatFlag): string[] => [
    `\`${on}\`${off === undefined ? '' : `<br>\`${off}\``}`,
    `${since ?? ''}${other === undefined ? '' : ` with \`${other}\``}`,
    STATUSES[status].split(':')[0]?.replaceAll('*', '') ?? '',
    story,
  ];
  return page('Compatibility flags', [
    'An app’s `compatibility_date` and `compatibility_flags` mean what they mean on Cloudflare. Each flag has a name that turns it on and mostly one that turns it off; it is on by default from its date on. A flag that is not in this list is an error.',
    Object.values(STATUSES)
      .map((text) => `- ${text}`)
      .join('\n'),
    ...Object.entries(COMPAT_GROUPS).flatMap(([heading, flags]) => [`## ${heading}`, table(['Flag', 'Since', 'Here', 'What it changes'], flags.map(row))]),
  ]);
}

function webApis(): string {
  const flagOf = new Map(Object.values(CHUNKS).flatMap(({ interfaces, members, flag }) => `${interfaces} ${members}`.split(' ').map((name) => [name, flag])));
  const known = (names: readonly string[]): string =>
    names.map((name) => `\`${name}\`${flagOf.get(name) === undefined ? '' : ` (flag \`${flagOf.get(name)}\`)`}`).join(', ');
  const deviations = (entries: Readonly<Record<string, string>>): string[] =>
    Object.keys(entries).length === 0
      ? []
      : [
          table(
            ['Where', 'What is otherwise, and why'],
            Object.entries(entries).map(([where, what]) => [where, what]),
          ),
        ];
  return page('Web APIs', [
    'The globals of an isolate, by the documents that specify them. All are there at once and need no import; what is not here is not there. Each is complete but for what its table says. How much of the Web Platform Tests passes: [conformance](conformance.md). Flags: [compatibility flags](compatibility-flags.md).',
    ...Object.entries(WEB_APIS).flatMap(([name, { link, globals, deviations: departures = {} }]) => [
      `## [${name}](${link})`,
      known(globals.split(' ')),
      ...deviations(departures),
    ]),
    '## [ECMAScript](https://tc39.es/ecma262/)',
    'What V8 has, but:',
    ...deviations(LANGUAGE_DEVIATIONS),
  ]);
}

function serverDefault(key: string): string {
  const camel = key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const value = (DEFAULT_SERVER as Readonly<Record<string, unknown>>)[camel];
  return value === undefined ? '' : `\`${JSON.stringify(value)}\``;
}

function amount({ unit }: Limit, value: number): string {
  if (value === Number.POSITIVE_INFINITY) return 'unlimited';
  const number = value.toLocaleString('en');
  if (unit === 'count') return number;
  if (unit === 'megabytes') return `${number} MB`;
  if (unit === 'milliseconds') return value >= 1000 && value % 1000 === 0 ? `${number} (${value / 1000} s)` : number;
  const [size, name] = value >= 1 << 20 ? [value / (1 << 20), 'MB'] : [value / 1024, 'KB'];
  return value >= 1024 && Number.isInteger(size) ? `${number} (${size} ${name})` : number;
}

function page(title: string, parts: readonly string[]): string {
  return `${[`# ${title}`, NOTE, ...parts].join('\n\n')}\n`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
