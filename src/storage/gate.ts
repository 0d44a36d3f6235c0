/**
 * Who may use which store: asked by the store processes for every connection and every call.
 *
 * Contract: an engine gets at the stores that apps of its trust group are bound to, and at no other, whatever it asks
 * for; what is refused is reported, a bounded number of times. Grants are replaced as a whole, and hold at once for
 * connections that are open.
 */
import { FewReports } from '../base/few-reports.ts';
import type { StoreAddress } from '../ports/stores.ts';
import type { Grants } from '../protocol/store.ts';
import { type Holder, readBadge } from './badge.ts';

/** What the holder of a badge may do. */
export interface Pass {
  /** Whose it is: engines of one trust group are one. */
  readonly holder: string;
  /** May it call this store? A refusal is reported. Anything may be asked. */
  allows(address: unknown): address is StoreAddress;
  /** Does it run this app? A refusal is reported. */
  runs(app: string): boolean;
}

export type GateOptions = {
  /** That badges are made with. */
  key: string;
  grants: Grants;
  onTrouble(message: string, fields: Record<string, unknown>): void;
  /** Milliseconds since any time. */
  now?: () => number;
};

type Granted = { apps: ReadonlySet<string>; stores: ReadonlySet<string> };

const MOST_SHOWN = 200;

export class Gate {
  readonly #options: GateOptions;
  readonly #reports: FewReports;
  #groups = new Map<string, Granted>();
  #first: string | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#reports = new FewReports(options.onTrouble, options.now);
    this.setGrants(options.grants);
  }

  setGrants({ groups, first }: Grants): void {
    this.#first = first;
    this.#groups = new Map(
      groups.map(({ group, apps, stores }) => [group, { apps: new Set(apps), stores: new Set(stores.map(([product, id]) => keyOf(product, id))) }]),
    );
  }

  /** @param badge anything that was sent as one @returns undefined for who has none; that is reported */
  admit(badge: unknown): Pass | undefined {
    const holder = readBadge(this.#options.key, badge);
    if (holder !== undefined) return new HolderPass(this, holder);
    this.report('somebody without a badge asked for stores: refused', {});
    return undefined;
  }

  granted(holder: Extract<Holder, { kind: 'engine' }>): (Granted & { group: string }) | undefined {
    const group = holder.group ?? this.#first;
    const granted = group === undefined ? undefined : this.#groups.get(group);
    return granted === undefined || group === undefined ? undefined : { ...granted, group };
  }

  report(message: string, fields: Record<string, unknown>): void {
    this.#reports.tell(message, Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value).slice(0, MOST_SHOWN)])));
  }
}

class HolderPass implements Pass {
  readonly #gate: Gate;
  readonly #holder: Holder;

  constructor(gate: Gate, holder: Holder) {
    this.#gate = gate;
    this.#holder = holder;
  }

  get holder(): string {
    return this.#holder.kind === 'operator' ? '' : `engine ${this.#holder.group ?? ''}`;
  }

  allows(address: unknown): address is StoreAddress {
    const { product, group, id } = (address ?? {}) as Partial<Record<keyof StoreAddress, unknown>>;
    const isAddress = typeof product === 'string' && typeof group === 'string' && typeof id === 'string';
    if (isAddress && this.#holder.kind === 'operator') return true;
    const granted = this.#holder.kind === 'engine' ? this.#gate.granted(this.#holder) : undefined;
    if (isAddress && granted?.group === group && granted.stores.has(keyOf(product, id))) return true;
    this.#gate.report('an engine asked for a store that no app of its trust group is bound to: refused', {
      engineOf: granted?.group,
      product: shown(product),
      group: shown(group),
      id: shown(id),
    });
    return false;
  }

  runs(app: string): boolean {
    if (this.#holder.kind === 'operator') return true;
    const granted = this.#gate.granted(this.#holder);
    if (granted?.apps.has(app) === true) return true;
    this.#gate.report('an engine asked for something in the name of an app of another trust group: refused', { engineOf: granted?.group, app });
    return false;
  }
}

const keyOf = (product: string, id: string): string => `${product}\n${id}`;

const shown = (value: unknown): string => (typeof value === 'string' ? value : typeof value);
