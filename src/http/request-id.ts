/** Request ids: unique per process and start, cheap to make, sortable by time of start. */

const prefix = `${Date.now().toString(36)}${process.pid.toString(36)}`;
let count = 0;

/** What a client may send as X-Request-Id and have back. */
const ACCEPTABLE = /^[\w.:-]{1,128}$/;

/** The request's own id when it has a usable one, else a new one. */
export function requestId(given: string | undefined): string {
  if (given !== undefined && ACCEPTABLE.test(given)) return given;
  return `${prefix}-${(++count).toString(36)}`;
}
