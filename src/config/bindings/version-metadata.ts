/** `version_metadata`. @see https://developers.cloudflare.com/workers/runtime-apis/bindings/version-metadata/ */
import { z } from 'zod';

/** What the binding comes to is known when the app has been built: it is a plain value of env, made where rows are made. */
export const versionMetadataSchema = z.looseObject({ binding: z.string().min(1) });
