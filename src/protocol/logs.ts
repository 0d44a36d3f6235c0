/**
 * Characters that one invocation may log: what comes after them is dropped, and the log says so once.
 * @see https://developers.cloudflare.com/workers/observability/logs/workers-logs/#limits
 */
export const MOST_LOGGED = 256 * 1024;
