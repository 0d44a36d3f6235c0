/**
 * Whose turn it is: resources with calls that wait, taken so that owners come one after the other.
 *
 * Contract: a resource is taken by one at a time, and its calls stay in their order. An owner with a thousand
 * resources waiting gets as much as one with a single resource, and never more than its share of workers.
 */

export type Waiting = { owner: string; since: number; bytes: number };

/** Whether a resource may be taken for an owner now. */
export type May = (key: string, owner: string) => boolean;

/** Of those that may, an owner above 0 comes before its turn, the highest first. */
export type Rank = (owner: string) => number;

export class Resource<Call extends Waiting> {
  readonly key: string;
  readonly calls: Call[] = [];
  bytes = 0;
  isTaken = false;
  isListed = false;

  constructor(key: string) {
    this.key = key;
  }
}

type Owner<Call extends Waiting> = { name: string; taken: number; ready: Resource<Call>[]; isListed: boolean };

export class Turns<Call extends Waiting> {
  readonly #mostPerOwner: number;
  readonly #resources = new Map<string, Resource<Call>>();
  readonly #owners = new Map<string, Owner<Call>>();
  /** Owners with something ready, in the order of their turns. */
  #order: Owner<Call>[] = [];

  constructor(mostPerOwner: number) {
    this.#mostPerOwner = mostPerOwner;
  }

  get isEmpty(): boolean {
    return this.#order.length === 0;
  }

  resource(key: string): Resource<Call> {
    let resource = this.#resources.get(key);
    if (resource === undefined) this.#resources.set(key, (resource = new Resource(key)));
    return resource;
  }

  add(resource: Resource<Call>, call: Call): void {
    resource.calls.push(call);
    resource.bytes += call.bytes;
    this.#list(resource);
  }

  /** Owners with something ready. */
  get waiting(): number {
    return this.#order.length;
  }

  /** Puts calls back to where they were taken from. */
  putBack(resource: Resource<Call>, calls: readonly Call[]): void {
    resource.calls.unshift(...calls);
    for (const { bytes } of calls) resource.bytes += bytes;
  }

  /** Whether `take` would take one. */
  has(may: May): boolean {
    return this.#order.some((owner) => this.#isNext(owner, may));
  }

  /** The next resource whose owner may have a worker, and that may be taken. Whoever takes it gives it back. */
  take(may?: May, rank?: Rank): { resource: Resource<Call>; owner: string } | undefined {
    const at = this.#nextAt(may, rank);
    const owner = this.#order[at];
    if (owner === undefined) return undefined;
    this.#order.splice(at, 1);
    const resource = owner.ready.shift() as Resource<Call>;
    resource.isListed = false;
    resource.isTaken = true;
    owner.taken++;
    if (owner.ready.length > 0) this.#order.push(owner);
    else owner.isListed = false;
    return { resource, owner: owner.name };
  }

  /** Where in the order; -1 if nobody may. */
  #nextAt(may: May | undefined, rank: Rank | undefined): number {
    let next = -1;
    let highest = 0;
    for (const [at, owner] of this.#order.entries()) {
      if (!this.#isNext(owner, may)) continue;
      if (rank === undefined) return at;
      const its = rank(owner.name);
      if (next !== -1 && its <= highest) continue;
      next = at;
      highest = its;
    }
    return next;
  }

  #isNext({ name, taken, ready }: Owner<Call>, may?: May): boolean {
    return taken < this.#mostPerOwner && (may === undefined || may((ready[0] as Resource<Call>).key, name));
  }

  giveBack(resource: Resource<Call>, ownerName: string): void {
    resource.isTaken = false;
    const owner = this.#owner(ownerName);
    owner.taken--;
    if (resource.calls.length > 0) this.#list(resource);
    else this.#resources.delete(resource.key);
    if (owner.taken === 0 && owner.ready.length === 0) this.#owners.delete(ownerName);
  }

  /** Takes out calls that have waited since before a time. */
  expire(before: number): Call[] {
    const expired: Call[] = [];
    for (const resource of this.#resources.values()) {
      // Its first calls are the oldest. A resource that has its turn without calls is skipped.
      for (let call = resource.calls[0]; call !== undefined && call.since < before; call = resource.calls[0]) {
        resource.calls.shift();
        resource.bytes -= call.bytes;
        expired.push(call);
      }
    }
    return expired;
  }

  /** All resources, with what waits for them. */
  get size(): number {
    return this.#resources.size;
  }

  #list(resource: Resource<Call>): void {
    if (resource.isTaken || resource.isListed) return;
    const owner = this.#owner((resource.calls[0] as Call).owner);
    resource.isListed = true;
    owner.ready.push(resource);
    if (owner.isListed) return;
    owner.isListed = true;
    this.#order.push(owner);
  }

  #owner(name: string): Owner<Call> {
    let owner = this.#owners.get(name);
    if (owner === undefined) this.#owners.set(name, (owner = { name, taken: 0, ready: [], isListed: false }));
    return owner;
  }
}
