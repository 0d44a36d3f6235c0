/**
 * An app's egress rules, compiled.
 *
 * Contract, binding on changes to this file: the order of the rules is forbidden → deny → allow →
 * ports → private; the first that speaks decides. A name is judged twice, as a name and by the
 * address it turned out to have; only the second answer opens a connection. Messages name the host
 * the app asked for and the rule, never an address it resolved to.
 */
import { networkInterfaces } from 'node:os';
import type { EgressPolicy } from '../../ports/egress.ts';
import {
  type AddressBytes,
  type AddressKind,
  addressKey,
  type Cidr,
  classifyAddress,
  embeddedAddresses,
  inCidr,
  parseAddress,
  parseCidr,
} from './addresses.ts';
import { isBlockedPort, isBlockedRawPort } from './blocked-ports.ts';

/** A port of the platform's own (its admin API), closed to every app whatever its rules. A host of "0.0.0.0" or "::" means every address of this machine. */
export type ForbiddenEndpoint = { host: string; port: number };

type Pattern = { port: number | undefined; block?: Cidr; host?: string; suffix?: string };

/** An entry of an allow or deny list that cannot be understood. */
export class EgressPatternError extends Error {
  constructor(pattern: string) {
    super(`"${pattern}" is not a host name, "*.name", address or CIDR block, each with an optional ":port"`);
  }
}

/** Reads an entry of an allow or deny list; throws EgressPatternError. IPv6 with a port is written "[::1]:80" or "[fd00::/8]:80". */
export function parsePattern(text: string): Pattern {
  let rest = text.trim().toLowerCase();
  let port: number | undefined;
  const bracketed = /^\[([^\]]*)\](\/\d+)?(?::(\d+))?$/.exec(rest);
  const lone = bracketed === null ? parseCidr(rest) : undefined;
  if (lone !== undefined) return { port, block: lone };
  if (bracketed !== null) {
    rest = (bracketed[1] ?? '') + (bracketed[2] ?? '');
    if (bracketed[3] !== undefined) port = readPort(bracketed[3], text);
  } else {
    const colon = rest.lastIndexOf(':');
    if (colon !== -1) {
      port = readPort(rest.slice(colon + 1), text);
      rest = rest.slice(0, colon);
    }
  }
  const block = parseCidr(rest);
  if (block !== undefined) return { port, block };
  if (bracketed !== null) throw new EgressPatternError(text);
  if (rest === '*') return { port, suffix: '' };
  const wildcard = rest.startsWith('*.');
  const host = canonicalHost(wildcard ? rest.slice(2) : rest);
  if (host === undefined) throw new EgressPatternError(text);
  return wildcard ? { port, suffix: `.${host}` } : { port, host };
}

function readPort(digits: string, pattern: string): number {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  if (port < 1 || port > 65535) throw new EgressPatternError(pattern);
  return port;
}

/** The host as the URL parser writes it, without a root dot; undefined when it is none (or an address in disguise, which patterns must spell out). */
function canonicalHost(text: string): string | undefined {
  if (text === '' || /[\s/?#@:*[\]\\]/.test(text) || !URL.canParse(`http://${text}/`)) return undefined;
  const { hostname } = new URL(`http://${text}/`);
  return parseAddress(hostname) === undefined ? withoutRootDot(hostname) : undefined;
}

function withoutRootDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host;
}

const REFUSED_KIND: Record<AddressKind, boolean> = {
  public: false,
  loopback: true,
  unspecified: true,
  private: true,
  'link-local': true,
  metadata: true,
  multicast: true,
  broadcast: true,
  reserved: true,
};

export class CompiledPolicy {
  /** The same for policies that decide the same, forbidden endpoints included. */
  readonly key: string;
  readonly #mode: EgressPolicy['private'];
  readonly #allow: Pattern[];
  readonly #privateAllow: Pattern[];
  readonly #deny: Pattern[];
  readonly #forbidden: readonly ForbiddenEndpoint[];

  /** Throws EgressPatternError for an entry that cannot be understood. */
  constructor(policy: EgressPolicy, forbidden: readonly ForbiddenEndpoint[] = []) {
    this.#mode = policy.private;
    this.#allow = policy.allow.map(parsePattern);
    this.#privateAllow = policy.privateAllow.map(parsePattern);
    this.#deny = policy.deny.map(parsePattern);
    this.#forbidden = forbidden;
    this.key = JSON.stringify([policy.private, policy.allow.toSorted(), policy.privateAllow.toSorted(), policy.deny.toSorted(), forbidden]);
  }

  /**
   * What can be said before the name is resolved.
   * @param host as the URL parser writes it @param isRaw no HTTP will be spoken
   * @returns why not, or undefined: a name may be resolved, an address may be connected to
   */
  judge(host: string, port: number, isRaw = false): string | undefined {
    const address = parseAddress(host);
    if (address !== undefined) return this.#decide(host, port, address, isRaw);
    const name = withoutRootDot(host.toLowerCase());
    if (this.#deny.some((pattern) => matchesName(pattern, name, port))) return refused(host, 'deny');
    const possible =
      this.#allow.length === 0 ||
      [...this.#allow, ...this.#privateAllow].some((pattern) => matchesName(pattern, name, port) || (pattern.block !== undefined && portFits(pattern, port)));
    return possible ? undefined : refused(host, 'allow');
  }

  /**
   * The decision: may this address be connected to for that host?
   * @returns why not, or undefined
   */
  judgeAddress(host: string, port: number, address: string, isRaw = false): string | undefined {
    const bytes = parseAddress(address);
    return bytes === undefined ? refused(host, 'private') : this.#decide(host, port, bytes, isRaw);
  }

  #decide(host: string, port: number, address: AddressBytes, isRaw: boolean): string | undefined {
    const name = withoutRootDot(host.toLowerCase());
    const { inner, only } = embeddedAddresses(address);
    const kind = classifyAddress(address);
    if (this.#isForbidden(port, [address, ...inner], kind)) return refused(host, 'private');
    for (const pattern of this.#deny) {
      if (matchesName(pattern, name, port) || matchesAddress(pattern, address, port)) return refused(host, 'deny');
      if (inner.some((each) => matchesAddress(pattern, each, port))) return refused(host, 'deny');
    }
    // To be let in, an address must be what the rule names: the inner one counts only where it is the real endpoint.
    const endpoint = only && inner.length === 1 && inner[0] !== undefined ? inner[0] : address;
    const names = (pattern: Pattern): boolean =>
      matchesName(pattern, name, port) || matchesAddress(pattern, endpoint, port) || matchesAddress(pattern, address, port);
    const allowed = this.#allow.filter(names);
    const opened = this.#privateAllow.filter(names);
    if (this.#allow.length > 0 && allowed.length + opened.length === 0) return refused(host, 'allow');
    const isBlocked = isRaw ? isBlockedRawPort(port) : isBlockedPort(port);
    if (isBlocked && ![...allowed, ...opened].some((entry) => entry.port === port))
      return `Access to "${host}" is refused: port ${port} ${isRaw ? 'is closed to TCP sockets' : 'is not for HTTP'}.`;
    // "*" names everything, which is no wish to reach the private network.
    if (opened.some((entry) => entry.suffix !== '')) return undefined;
    if (this.#mode === 'all' || !REFUSED_KIND[kind]) return undefined;
    if (this.#mode === 'loopback' && (kind === 'loopback' || kind === 'unspecified')) return undefined;
    return refused(host, 'private');
  }

  #isForbidden(port: number, forms: AddressBytes[], kind: AddressKind): boolean {
    for (const endpoint of this.#forbidden) {
      if (endpoint.port !== port) continue;
      if (kind === 'loopback' || kind === 'unspecified') return true;
      const bound = parseAddress(endpoint.host);
      const keys = forms.map(addressKey);
      if (bound !== undefined && keys.includes(addressKey(bound))) return true;
      if (bound !== undefined && classifyAddress(bound) === 'unspecified' && ownAddresses().some((own) => keys.includes(own))) return true;
    }
    return false;
  }
}

function ownAddresses(): string[] {
  const keys: string[] = [];
  for (const list of Object.values(networkInterfaces())) {
    for (const { address } of list ?? []) {
      const bytes = parseAddress(address);
      if (bytes !== undefined) keys.push(addressKey(bytes));
    }
  }
  return keys;
}

function portFits(pattern: Pattern, port: number): boolean {
  return pattern.port === undefined || pattern.port === port;
}

function matchesName(pattern: Pattern, name: string, port: number): boolean {
  if (!portFits(pattern, port)) return false;
  if (pattern.suffix !== undefined) return name.endsWith(pattern.suffix);
  return pattern.host !== undefined && name === pattern.host;
}

function matchesAddress(pattern: Pattern, address: AddressBytes, port: number): boolean {
  return pattern.block !== undefined && portFits(pattern, port) && inCidr(address, pattern.block);
}

function refused(host: string, rule: 'private' | 'allow' | 'deny'): string {
  return `Access to "${host}" is refused by this app's network rules ("${rule}").`;
}
