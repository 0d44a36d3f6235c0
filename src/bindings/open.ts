/** Opens what an app's row lists. */
import type { Openings } from '../base/openings.ts';
import type { Stores } from '../ports/stores.ts';
import type { AppRecord } from '../protocol/engine.ts';
import type { HotBlobs } from '../storage/hot-blobs.ts';
import type { AssetSites } from './assets/index.ts';
import type { Binding } from './binding.ts';
import { MANIFESTS } from './table.ts';

type Storage = { dir: string; fsync: 'full' | 'normal'; assets: AssetSites; openings?: Openings; hot?: HotBlobs };

/** The bindings of an app, in the order of its row: the isolate's numbers are positions in it. */
export function openBindings(record: AppRecord, stores: Stores, storage: Storage): readonly Binding[] {
  const { name: app, version, group } = record;
  const site = storage.assets.of(record);
  const assets = site === undefined ? undefined : { site, files: storage.assets.files };
  const { dir: storageDir, fsync, openings, hot } = storage;
  const scope = { app, version, group, stores, storageDir, fsync, assets, openings: openings?.of(app), hot };
  return record.bindings.map(({ name, type, options }) => MANIFESTS[type].open(name, options, scope));
}
