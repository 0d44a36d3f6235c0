/**
 * Badges: what tells a store process who is on the other end of a connection.
 *
 * Contract: the supervisor makes them with a key that it shares with the store processes alone, and gives each engine the
 * one of its trust group over their channel. Nobody makes one for another group who has not got the key.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export type Holder =
  /** The supervisor: every store of every group. */
  | { kind: 'operator' }
  /** An engine. Without a group: the first that the server has, for an engine started before there was one. */
  | { kind: 'engine'; group: string | undefined };

const MOST_CHARACTERS = 1024;

/** @param key of the server's run */
export function makeBadge(key: string, holder: Holder): string {
  const text = JSON.stringify(holder.kind === 'operator' ? ['operator'] : ['engine', holder.group ?? null]);
  return `${macOf(key, text).toString('base64url')} ${text}`;
}

/** @returns undefined for what is no badge made with this key */
export function readBadge(key: string, badge: unknown): Holder | undefined {
  if (typeof badge !== 'string' || badge.length > MOST_CHARACTERS) return undefined;
  const end = badge.indexOf(' ');
  const text = badge.slice(end + 1);
  const given = Buffer.from(badge.slice(0, Math.max(0, end)), 'base64url');
  const expected = macOf(key, text);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const [kind, group] = JSON.parse(text) as [string, string | null | undefined];
  return kind === 'operator' ? { kind } : { kind: 'engine', group: group ?? undefined };
}

function macOf(key: string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
