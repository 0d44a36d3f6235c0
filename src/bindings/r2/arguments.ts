/** What an isolate sends as options: JSON text of a known shape, or else nothing of ours. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { invalidCall } from '../../base/op-error.ts';
import type { WithKey } from '../../ports/buckets.ts';
import {
  R2_HASHES,
  type R2Conditions,
  type R2GetOptions,
  type R2Hash,
  type R2HttpMetadata,
  type R2ListOptions,
  type R2MetadataOptions,
  type R2Part,
  type R2PutOptions,
  type R2Range,
} from '../../protocol/r2.ts';

type Fields = Record<string, unknown>;
type Kind = 'string' | 'number' | 'boolean';

const HTTP_FIELDS = ['contentType', 'contentLanguage', 'contentDisposition', 'contentEncoding', 'cacheControl'] as const;
/** Names and values of metadata are checked more closely later; this is far more than may be. */
const MOST_TEXT = 256 * 1024;

export function text(value: unknown): string {
  if (typeof value !== 'string') throw invalidCall();
  return value.isWellFormed() ? value : value.toWellFormed();
}

function parse(json: unknown): unknown {
  if (typeof json !== 'string' || json.length > MOST_TEXT * 8) throw invalidCall();
  try {
    return JSON.parse(json);
  } catch {
    throw invalidCall();
  }
}

function fields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidCall();
  return value as Fields;
}

/** Members of the given kind; those that are absent, or null because JSON knows no NaN, are left out. */
function pick(given: Fields, names: readonly string[], kind: Kind): Fields {
  const result: Fields = {};
  for (const name of names) {
    const value = given[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== kind) throw invalidCall();
    result[name] = typeof value === 'string' ? text(value) : value;
  }
  return result;
}

/** A range's numbers; those of good will are whole and not negative. */
function range(value: unknown): R2Range {
  const given = fields(value);
  const numbers = pick(given, ['offset', 'length', 'suffix'], 'number');
  for (const number of Object.values(numbers)) if (!Number.isInteger(number) || (number as number) < 0) throw invalidCall();
  return { ...numbers, ...pick(given, ['header'], 'string') } as R2Range;
}

function etags(value: unknown): R2Conditions['etagMatches'] {
  if (!Array.isArray(value)) throw invalidCall();
  return value.map((etag) => {
    const given = fields(etag);
    return { value: text(given['value']), weak: given['weak'] === true };
  });
}

function conditions(value: unknown): R2Conditions {
  const given = fields(value);
  return {
    ...pick(given, ['uploadedBefore', 'uploadedAfter'], 'number'),
    ...pick(given, ['secondsGranularity'], 'boolean'),
    ...(given['etagMatches'] !== undefined && { etagMatches: etags(given['etagMatches']) ?? [] }),
    ...(given['etagDoesNotMatch'] !== undefined && { etagDoesNotMatch: etags(given['etagDoesNotMatch']) ?? [] }),
  };
}

/** A customer's key, in hexadecimal. From here on nothing shows it. */
function customerKey(value: unknown): KeyObject {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw invalidCall();
  return createSecretKey(value, 'hex');
}

const keyIn = ({ ssecKey }: Fields): WithKey => (ssecKey === undefined ? {} : { customerKey: customerKey(ssecKey) });

/** An argument of its own. */
export const withKey = (value: unknown): WithKey => (value === undefined ? {} : { customerKey: customerKey(value) });

export function getOptions(json: unknown): R2GetOptions & WithKey {
  if (json === undefined) return {};
  const given = fields(parse(json));
  const { onlyIf } = given;
  return {
    ...keyIn(given),
    ...(given['range'] !== undefined && { range: range(given['range']) }),
    ...(onlyIf !== undefined && { onlyIf: conditions(onlyIf) }),
  };
}

function metadata(given: Fields): R2MetadataOptions & WithKey {
  const { http, custom, storageClass } = given;
  const names = custom === undefined ? [] : Object.keys(fields(custom));
  return {
    ...keyIn(given),
    ...(http !== undefined && { http: { ...pick(fields(http), HTTP_FIELDS, 'string'), ...pick(fields(http), ['cacheExpiry'], 'number') } as R2HttpMetadata }),
    ...(custom !== undefined && { custom: Object.fromEntries(names.map((name) => [name, text((custom as Fields)[name])])) }),
    ...(storageClass !== undefined && { storageClass: text(storageClass) }),
  };
}

export function metadataOptions(json: unknown): R2MetadataOptions & WithKey {
  return json === undefined ? {} : metadata(fields(parse(json)));
}

export function putOptions(json: unknown): R2PutOptions & WithKey {
  if (json === undefined) return {};
  const given = fields(parse(json));
  const { onlyIf, hash } = given;
  return {
    ...metadata(given),
    ...(onlyIf !== undefined && { onlyIf: conditions(onlyIf) }),
    ...(hash !== undefined && { hash: expectedHash(fields(hash)) }),
  };
}

function expectedHash({ algorithm, hex }: Fields): { algorithm: R2Hash; hex: string } {
  if (!R2_HASHES.includes(algorithm as R2Hash) || !/^[0-9a-f]{32,128}$/.test(text(hex))) throw invalidCall();
  return { algorithm: algorithm as R2Hash, hex: text(hex) };
}

export function listOptions(json: unknown): R2ListOptions {
  if (json === undefined) return {};
  const given = fields(parse(json));
  const { include } = given;
  if (include !== undefined && !(Array.isArray(include) && include.every((one) => one === 'httpMetadata' || one === 'customMetadata'))) throw invalidCall();
  return {
    ...pick(given, ['prefix', 'delimiter', 'cursor', 'startAfter'], 'string'),
    ...pick(given, ['limit'], 'number'),
    ...(include !== undefined && { include: include as NonNullable<R2ListOptions['include']> }),
  };
}

export function keys(json: unknown): string[] {
  const given = parse(json);
  if (!Array.isArray(given)) throw invalidCall();
  return given.map(text);
}

export function parts(json: unknown): R2Part[] {
  const given = parse(json);
  if (!Array.isArray(given) || given.length > 10_000) throw invalidCall();
  return given.map((part) => {
    const { number, etag } = fields(part);
    if (!Number.isInteger(number)) throw invalidCall();
    return { number: number as number, etag: text(etag) };
  });
}
