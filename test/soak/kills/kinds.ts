/**
 * The kinds of data that are written while processes die: how one write goes, and what must be there afterwards.
 *
 * Contract: what was acknowledged is there, or something newer that was tried; what is there is whole. Each writer has
 * keys of its own, so that it knows what may be there.
 */
import { createHash } from 'node:crypto';
import type { Answer } from '../../support/request.ts';
import type { Target } from './victims.ts';

export type Kind = {
  name: string;
  writers: number;
  /** @returns whether it was acknowledged */
  write(target: Target, key: string, version: number): Promise<boolean>;
  /** Reads a key back. @returns what is wrong with it; undefined also where nobody answers at the moment */
  check(target: Target, key: string, state: State): Promise<string | undefined>;
};

/** What is known of a key: versions that were acknowledged, and the last that was tried. */
export type State = { acknowledged: number[]; tried: number };

/** Kept in a row, in a file, in a file that takes several writes. */
const SIZES = [150, 90_000, 150, 1_300_000];

/** No part of it could be taken for another's. */
function valueOf(key: string, version: number): Buffer {
  return Buffer.alloc(SIZES[version % SIZES.length] as number, `${key} ${version} `);
}

const put = async (target: Target, kind: string, key: string, version: number, body: Buffer | string = ''): Promise<boolean> => {
  const length = String(Buffer.byteLength(body));
  const answer = await target.ask(`/${kind}/${key}?v=${version}`, { method: 'PUT', body, headers: { 'content-length': length } });
  // A write that was made twice: D1's log says so.
  if (answer?.text.includes('UNIQUE') === true) target.troubles.push(`${kind}/${key} ${version}: ${answer.text}`);
  target.note(answer === undefined ? 'no answer' : answer.status === 200 ? '200' : `${answer.status} ${kind} ${answer.text.slice(0, 90)}`);
  return answer?.status === 200;
};

const least = ({ acknowledged }: State): number => acknowledged.at(-1) ?? -1;

/** Judges an answer that has its version in a header. */
function judge(answer: Answer | undefined, state: State, isWhole: (version: number, answer: Answer) => boolean, mayBeGone = false): string | undefined {
  if (answer === undefined || (answer.status !== 200 && answer.status !== 404)) return undefined;
  if (answer.status === 404) return least(state) >= 0 && !mayBeGone ? `version ${least(state)} is lost` : undefined;
  const version = Number(answer.headers['version']);
  if (version > state.tried || (version < least(state) && !mayBeGone)) return `version ${version}, of ${least(state)} to ${state.tried}`;
  return isWhole(version, answer) ? undefined : `version ${version} is torn: ${answer.bytes.length} bytes`;
}

const get = (target: Target, kind: string, key: string): Promise<Answer | undefined> => target.ask(`/${kind}/${key}`);

/** Kinds whose values go through as they are. */
const plain = (name: string, writers: number, mayBeGone = false): Kind => ({
  name,
  writers,
  write: (target, key, version) => put(target, name, key, version, valueOf(key, version)),
  check: async (target, key, state) =>
    judge(
      await get(target, name, key),
      state,
      (version, { bytes, headers }) => bytes.equals(valueOf(key, version)) && (name !== 'r2' || headers.etag === createHash('md5').update(bytes).digest('hex')),
      mayBeGone,
    ),
});

const d1: Kind = {
  name: 'd1',
  writers: 3,
  write: (target, key, version) => put(target, 'd1', key, version),
  check: async (target, key, state) => {
    const answer = await get(target, 'd1', key);
    if (answer?.status !== 200) return undefined;
    const { v = -1, log } = JSON.parse(answer.text) as { v?: number; log: number[] };
    if (v < least(state) || v > state.tried) return `version ${v}, of ${least(state)} to ${state.tried}`;
    if ((log.at(-1) ?? -1) !== v) return `half of a batch: the row has ${v}, the log ${log.at(-1)}`;
    const there = new Set(log);
    const lost = state.acknowledged.filter((each) => !there.has(each));
    return lost.length > 0 ? `versions ${lost.join()} are lost` : undefined;
  },
};

const multipart: Kind = {
  name: 'multipart',
  writers: 1,
  write: (target, key, version) => put(target, 'multipart', key, version),
  check: async (target, key, state) => judge(await get(target, 'multipart', key), state, (_version, { text }) => text === 'whole'),
};

/** Looked into at the end: see `drained`. */
const queue: Kind = { name: 'queue', writers: 2, write: (target, key, version) => put(target, 'queue', key, version), check: async () => undefined };
const point: Kind = { name: 'point', writers: 1, write: (target, key, version) => put(target, 'point', key, version), check: async () => undefined };

/** A cache may forget; what it has is whole. */
export const KINDS: readonly Kind[] = [plain('kv', 3), d1, plain('r2', 2), multipart, queue, plain('cache', 2, true), point];

/** Every message that was acknowledged has been consumed, sooner or later. @returns what is wrong */
export async function queueTroubles(target: Target, states: ReadonlyMap<string, State>, patienceMs: number): Promise<string[]> {
  for (const deadline = performance.now() + patienceMs; ; ) {
    const list = async (prefix: string): Promise<string[] | undefined> => {
      const answer = await get(target, 'got', prefix);
      return answer?.status === 200 ? (JSON.parse(answer.text) as string[]) : undefined;
    };
    const got = await list('got-');
    const torn = await list('torn-');
    const names = new Set(got);
    const missing = [...states].flatMap(([key, { acknowledged }]) =>
      acknowledged.flatMap((version) => ['a', 'b'].map((side) => `got-${key}-${version}-${side}`)).filter((name) => !names.has(name)),
    );
    if (got !== undefined && torn !== undefined && (missing.length === 0 || performance.now() > deadline))
      return [...torn, ...missing.map((name) => `${name.slice('got-'.length)} was not delivered`)];
    if (performance.now() > deadline) return ['nobody answers'];
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** No point has parts of two, none is there that was not written; some may be lost, as documented. */
export async function pointTroubles(target: Target, states: ReadonlyMap<string, State>): Promise<{ troubles: string[]; there: number }> {
  const sql =
    "SELECT count(*) AS n, total(blob1 = 'n' || CAST(double1 AS INTEGER) AND blob2 = index1) AS whole, count(DISTINCT index1 || blob1) AS d FROM points";
  const answer = await target.admin('/analytics_engine/sql', { method: 'POST', body: sql });
  if (answer?.status !== 200) return { troubles: [`points cannot be read: ${answer?.status} ${answer?.text}`], there: 0 };
  const { data } = JSON.parse(answer.text) as { data: [{ n: number; whole: number; d: number }] };
  const [{ n, whole, d }] = data;
  const tried = [...states.values()].reduce((sum, state) => sum + state.tried + 1, 0);
  const troubles = [];
  if (n > tried) troubles.push(`${n} points, of ${tried} written`);
  if (n !== whole) troubles.push(`${n - whole} points are torn`);
  return { troubles, there: d };
}

/** Waits until points are there: some are kept at a time, and their table comes with the first. @returns how many */
export async function pointsKept(target: Target, states: ReadonlyMap<string, State>): Promise<number> {
  for (;;) {
    const { there } = await pointTroubles(target, states);
    if (there > 0) return there;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
