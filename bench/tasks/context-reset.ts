/** A fresh context in an isolate that is alive: alone, and as a request of an app that has one for every request. */
import { Isolate } from '../../src/isolate/isolate.ts';
import { SwitchableInbox } from '../../src/isolate/pool.ts';
import { makeSnapshot, openApps, request } from './engine.ts';
import { parameters, reply } from './parent.ts';
import { storeApps } from './records.ts';

const { dir, code, count } = await parameters<{ dir: string; code: string; count: number }>();
const WARM_UP = 20;

const isolate = new Isolate(await makeSnapshot(), 128, () => {});
const contexts: number[] = [];
for (let i = 0; i < count + WARM_UP; i++) {
  const started = performance.now();
  const realm = await isolate.createRealm(new SwitchableInbox());
  if (i >= WARM_UP) contexts.push(performance.now() - started);
  realm.release();
}
isolate.dispose();

const [record] = await storeApps(dir, 1, code, { isolation: 'request' });
const { apps } = await openApps(record === undefined ? [] : [record], 1);
const version = apps.get('app-0');
const requests: number[] = [];
for (let i = 0; i < count + WARM_UP && version !== undefined; i++) {
  const ms = await request(apps, version);
  if (i >= WARM_UP) requests.push(ms);
}
reply({ contexts, requests });
