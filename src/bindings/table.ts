/** Every kind of binding, by its type. */
import type { BindingType } from '../protocol/bindings.ts';
import type { BindingManifest } from './binding.ts';
import { assetsManifest } from './assets/index.ts';
import { d1Manifest } from './d1/index.ts';
import { analyticsManifest } from './analytics/index.ts';
import { hyperdriveManifest } from './hyperdrive/index.ts';
import { dispatchManifest } from './dispatch/index.ts';
import { loaderManifest } from './loader/index.ts';
import { kvManifest } from './kv/index.ts';
import { queueManifest } from './queues/index.ts';
import { r2Manifest } from './r2/index.ts';
import { ratelimitManifest } from './ratelimit/index.ts';
import { secretManifest } from './secret/index.ts';
import { serviceManifest } from './service/index.ts';

export const MANIFESTS: Readonly<Record<BindingType, BindingManifest>> = {
  assets: assetsManifest,
  kv: kvManifest,
  d1: d1Manifest,
  r2: r2Manifest,
  ratelimit: ratelimitManifest,
  hyperdrive: hyperdriveManifest,
  analytics: analyticsManifest,
  queue: queueManifest,
  service: serviceManifest,
  dispatch: dispatchManifest,
  loader: loaderManifest,
  secret: secretManifest,
};
