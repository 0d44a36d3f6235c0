/**
 * What one isolate may ask of the host's cryptography. The host's threads and memory are everybody's.
 */

/** Work on more bytes than this goes to a thread; less is quicker done on the spot. */
export const INLINE_BYTES = 65_536;
/** Random bytes one synchronous call gives: as many as getRandomValues may ask. */
export const MAX_RANDOM_BYTES = 65_536;
/** Keys and running digests one isolate may hold. A key of n KiB counts as n. */
export const MAX_KEYS = 10_000;
/** Slow jobs (RSA, PBKDF2, large inputs) of one isolate that run at the same time: like its own code, on one processor. */
export const MAX_SLOW_JOBS = 1;
/** Other jobs on a thread of one isolate that run at the same time. */
export const MAX_SHORT_JOBS = 4;
/** Jobs, and bytes, that one isolate may have waiting at each gate. */
export const MAX_WAITING_JOBS = 20_000;
export const MAX_WAITING_BYTES = 128 * 1024 * 1024;
/** Characters of the JSON text of one call; a JWK of the largest RSA key has some 20,000. */
export const MAX_TEXT = 262_144;
/** As Cloudflare. */
export const MAX_PBKDF2_ITERATIONS = 100_000;
/** Each block of PBKDF2 output costs all iterations again: 1 KiB of SHA-512 at the most iterations. */
export const MAX_PBKDF2_WORK = 16 * MAX_PBKDF2_ITERATIONS;
export const MAX_RSA_BITS = 16_384;
/** Making a key of 4096 bits takes a second of a thread; the time grows with the fourth power. */
export const MAX_RSA_GENERATED_BITS = 4096;
/** Bits of a derived or generated secret. */
export const MAX_SECRET_BITS = 8 * 1024 * 1024;
