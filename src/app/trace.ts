/**
 * What one event of an app has done, for those that tail it: a TraceItem in the making.
 *
 * Contract: bounded, however much the app logs; told once, when the event is over.
 * @see https://developers.cloudflare.com/workers/runtime-apis/handlers/tail/
 */
import { changeStrings } from '../base/json-strings.ts';
import type { SecretMask } from '../base/secret-mask.ts';
import type { EventFailure, OutboundWorker, Thrown } from '../ports/event-client.ts';
import { ClientErrors } from '../protocol/errors.ts';
import type { StackMapper } from './stack.ts';

/** Characters of logs and exceptions kept of one event. @see https://developers.cloudflare.com/workers/observability/logs/workers-logs/#limits */
const MOST_CHARACTERS = 128 * 1024;

/** As a tail handler gets it, but for the request's accessors and what was logged; see runtime/workers/trace-item.ts. */
export type TraceItem = {
  scriptName: string;
  entrypoint: string | null;
  /** As `version_metadata` has it; a worker that another has loaded goes by its name in the log. */
  scriptVersion: { id: string };
  event: object | null;
  eventTimestamp: number;
  /** `told`: JSON text of `message` and `errorInfo`, as Post.log has them. */
  logs: { timestamp: number; level: string; told: string }[];
  exceptions: { timestamp: number; name: string; message: string; stack: string }[];
  diagnosticsChannelEvents: never[];
  outcome: string;
  truncated: boolean;
  cpuTime: number;
  wallTime: number;
  executionModel: 'stateless';
};

/** Identifiers in a URL: hexadecimal digits, or letters and digits mixed. */
function withoutIds(url: string): string {
  const isMixed = (text: string): boolean =>
    (text.match(/[a-z]/g)?.length ?? 0) > 1 && (text.match(/[A-Z]/g)?.length ?? 0) > 1 && (text.match(/\d/g)?.length ?? 0) > 1;
  return url.replace(/[0-9a-fA-F](?:[0-9a-fA-F_-]{30,})[0-9a-fA-F]/g, 'REDACTED').replace(/[\w+-]{21,}/g, (text) => (isMixed(text) ? 'REDACTED' : text));
}

function withoutSecrets(headers: Readonly<Record<string, string>>): Record<string, string> {
  const isSecret = (name: string): boolean => name === 'cookie' || name === 'set-cookie' || /auth|jwt|key|secret|token/.test(name);
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, isSecret(name) ? 'REDACTED' : value]));
}

/** `version`: as the consumers are to hear of it. `mask`: hides the app's secrets, which are not its consumers'. */
export type TraceOf = {
  app: string;
  version: string;
  mask: SecretMask | undefined;
  /** @param outbound what stands between the event and the network */
  tell(item: TraceItem, depth: number, outbound?: OutboundWorker): void;
};

export class Trace {
  readonly #of: TraceOf;
  readonly #started = performance.now();
  readonly #item: TraceItem;
  #characters = 0;
  #status: number | undefined;
  #threw = false;

  constructor(of: TraceOf) {
    this.#of = of;
    this.#item = {
      scriptName: of.app,
      entrypoint: null,
      scriptVersion: { id: of.version },
      event: null,
      eventTimestamp: Date.now(),
      logs: [],
      exceptions: [],
      diagnosticsChannelEvents: [],
      outcome: 'ok',
      truncated: false,
      cpuTime: 0,
      wallTime: 0,
      executionModel: 'stateless',
    };
  }

  /** The event is a request. @param head as Entry.fetch has it */
  request(head: string, cf: string | undefined, entrypoint: string | undefined): void {
    const [method = '', url = '', ...lines] = head.split('\n');
    const headers: Record<string, string> = {};
    for (let i = 0; i + 1 < lines.length; i += 2) headers[String(lines[i]).toLowerCase()] = String(lines[i + 1]);
    this.#item.entrypoint = entrypoint ?? null;
    const full = { method, url, headers, cf: cf === undefined || cf === '' ? undefined : (JSON.parse(cf) as unknown) };
    this.#item.event = { request: { ...full, url: this.#mask(withoutIds(url)), headers: withoutSecrets(headers), full } };
  }

  /** It is something else. */
  is(event: object): void {
    this.#item.event = event;
  }

  answered(status: number): void {
    this.#status = status;
  }

  /** @param told what the text was made of, where it does not say it all: see Post.log */
  log(level: string, text: string, told?: string, stacks?: Pick<StackMapper, 'mapText'>): void {
    if (!this.#admit((told ?? text).length)) return;
    const values = told === undefined ? undefined : this.#valuesOf(told, stacks);
    this.#item.logs.push({ timestamp: Date.now(), level, told: values ?? JSON.stringify([[this.#mask(text)]]) });
  }

  /** With stacks as the app's source has them, and without its secrets; undefined where that cannot be. */
  #valuesOf(told: string, stacks: Pick<StackMapper, 'mapText'> | undefined): string | undefined {
    const { mask } = this.#of;
    const mapped = stacks === undefined || !/ {4}at /.test(told) ? told : changeStrings(told, (text) => stacks.mapText(text));
    if (mask === undefined || mapped === undefined) return mapped;
    const masked = changeStrings(mapped, (text) => mask.mask(text));
    // A secret may be JSON itself, and its value logged.
    return masked === undefined || mask.mask(masked) !== masked ? undefined : masked;
  }

  exception({ name, message, stack }: Thrown): void {
    this.#threw = true;
    if (!this.#admit(message.length + stack.length)) return;
    this.#item.exceptions.push({ timestamp: Date.now(), name: this.#mask(name), message: this.#mask(message), stack: this.#mask(stack) });
  }

  /** The event is over. @param isLeft its client went away before it was answered */
  end(cpuMs: number, of: { depth: number; outbound?: OutboundWorker | undefined }, failure: EventFailure | undefined, isLeft: boolean): void {
    const item = this.#item;
    if (failure !== undefined) item.outcome = ClientErrors[failure.name].outcome;
    else if (isLeft) item.outcome = 'canceled';
    else if (this.#threw && this.#status === undefined) item.outcome = 'exception';
    if (this.#status !== undefined && item.event !== null) item.event = { ...item.event, response: { status: this.#status } };
    item.cpuTime = Math.round(cpuMs);
    item.wallTime = Math.round(performance.now() - this.#started);
    this.#of.tell(item, of.depth, of.outbound);
  }

  #mask(text: string): string {
    return this.#of.mask?.mask(text) ?? text;
  }

  #admit(characters: number): boolean {
    this.#characters += characters;
    if (this.#characters <= MOST_CHARACTERS) return true;
    this.#item.truncated = true;
    return false;
  }
}
