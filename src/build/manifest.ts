/** manifest.json: what a stored bundle consists of, and for which configuration it was made. */
import { z } from 'zod';
import type { WorkerConfig } from '../config/worker-config.ts';
import { type Bundle, isModuleName } from '../protocol/bundle.ts';

export const MANIFEST_FILE = 'manifest.json';
/** Of version 1 the digest is over the contents of the modules, of version 2 over their digests. */
export const MANIFEST_VERSION = 2;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** A file beside the manifest: never a path. */
const fileName = z.string().regex(/^[\w-][\w.-]{0,200}$/);
const stored = z.strictObject({ file: fileName, sha256, bytes: z.int().min(0) });

const module_ = stored.extend({
  name: z.string().refine(isModuleName),
  type: z.enum(['esm', 'commonjs', 'text', 'json', 'data', 'wasm']),
  usesMeta: z.boolean(),
  map: stored.optional(),
});

export const manifestSchema = z.looseObject({
  version: z.literal([1, MANIFEST_VERSION]),
  name: z.string().optional(),
  format: z.enum(['modules', 'service-worker']),
  main: z.string(),
  digest: sha256,
  bytes: z.int().min(0),
  modules: z.array(module_),
  compatibility: z.looseObject({ date: z.string(), flags: z.array(z.string()) }).optional(),
  isolation: z.enum(['shared', 'request']).optional(),
  limits: z.record(z.string(), z.number()).optional(),
  routes: z.array(z.strictObject({ pattern: z.string(), customDomain: z.boolean() })).optional(),
  bindings: z.array(z.looseObject({ name: z.string(), type: z.string() })).optional(),
  v8: z.string().optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestModule = z.infer<typeof module_>;
/** A file beside the manifest, and what is in it. */
export type StoredFile = z.infer<typeof stored>;

/** The manifest of a bundle. Of variables and secrets it has the names, never the values. */
export function makeManifest(bundle: Bundle, modules: readonly ManifestModule[], config: WorkerConfig | undefined): Manifest {
  const { format, main, digest, bytes } = bundle;
  const parts: Manifest = { version: MANIFEST_VERSION, format, main, digest, bytes, modules: [...modules], v8: process.versions.v8 };
  if (config === undefined) return parts;
  return {
    ...parts,
    name: config.name,
    compatibility: { date: config.compatibilityDate, flags: [...config.compatibilityFlags] },
    isolation: config.isolation,
    // JSON has no Infinity: a limit that is not there is not written.
    limits: Object.fromEntries(Object.entries(config.limits).filter(([, value]) => Number.isFinite(value))),
    routes: config.routes.map(({ pattern, customDomain }) => ({ pattern, customDomain })),
    bindings: [
      ...Object.entries(config.vars).map(([name, value]) => ({ name, type: typeof value === 'string' ? 'text' : 'json' })),
      ...Object.keys(config.secrets).map((name) => ({ name, type: 'secret' })),
    ],
  };
}
