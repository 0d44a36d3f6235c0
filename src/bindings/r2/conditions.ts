/** Conditions on an object, as HTTP has them and as R2 does without an object. @see https://developers.cloudflare.com/r2/api/workers/workers-api-reference/#conditional-operations */
import type { R2Conditions, R2Etag } from '../../protocol/r2.ts';

const isAmong = (etags: readonly R2Etag[], etag: string, isWeakComparison: boolean): boolean =>
  etags.some(({ value, weak }) => value === '*' || (value === etag && (weak !== true || isWeakComparison)));

/** @param found what there is under the key @returns whether all conditions hold */
export function holds(conditions: R2Conditions, found: { etag: string; uploaded: number } | undefined): boolean {
  const { etagMatches, etagDoesNotMatch, uploadedBefore, uploadedAfter, secondsGranularity } = conditions;
  if (found === undefined) return etagMatches === undefined && uploadedAfter === undefined;
  const moment = (time: number): number => (secondsGranularity === true ? Math.floor(time / 1000) * 1000 : time);
  const uploaded = moment(found.uploaded);
  const matches = etagMatches === undefined || isAmong(etagMatches, found.etag, false);
  const differs = etagDoesNotMatch === undefined || !isAmong(etagDoesNotMatch, found.etag, true);
  // An entity tag says more than a date: where it was given and holds, the date does not count.
  const isNewer = uploadedAfter === undefined || moment(uploadedAfter) < uploaded || (etagDoesNotMatch !== undefined && differs);
  const isOlder = uploadedBefore === undefined || uploaded < moment(uploadedBefore) || (etagMatches !== undefined && matches);
  return matches && differs && isNewer && isOlder;
}
