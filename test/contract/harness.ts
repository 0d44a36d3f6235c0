/**
 * The same code on NANO and on Miniflare: every case must come to the same, but for differences with a reason.
 *
 * A suite is a folder with `cases.js`, which exports `cases`: a name and a function of (env, ctx, request) each, whose
 * value must be JSON (it may export further `handlers`, too), and `wrangler.jsonc`. What `cloudflare:workers` exports comes as the fourth argument. A case that throws comes to its error's name and message. Cases run in
 * order; each uses keys, tables and names of its own.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { Miniflare, type WorkerOptions } from 'miniflare';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { type TestServer, dev, serve } from '../support/server.ts';

export type Contract = {
  /** The product: what the suite is called. */
  name: string;
  /** The folder of `cases.js` and `wrangler.jsonc`, whose `main` is "worker.js". */
  dir: string;
  /** The same bindings, in Miniflare's words. */
  miniflare: Partial<WorkerOptions>;
  /** Other workers, by name: each a folder in `apps` with `worker.js` and `wrangler.jsonc`, and what they have in Miniflare's words. */
  apps?: Readonly<Record<string, Partial<WorkerOptions>>>;
  /** Brings what cases find there: into NANO's project folder before it starts, and into Miniflare. */
  seed?: (project: string, peer: Miniflare) => Promise<void>;
  /** Of `nano dev`. */
  args?: readonly string[];
  /** Cases that differ, and why; what NANO must come to instead. */
  differences?: Readonly<Record<string, { reason: string; nano: unknown }>>;
};

const WORKER = `import * as workers from 'cloudflare:workers';
import * as suite from './cases.js';
export default {
  ...suite.handlers,
  async fetch(request, env, ctx) {
    try {
      const value = await suite.cases[decodeURIComponent(new URL(request.url).pathname.slice(1))](env, ctx, request, workers);
      return Response.json(value ?? null);
    } catch (error) {
      return Response.json({ thrown: error.name + ': ' + error.message });
    }
  },
};
`;

/** Declares a test for each case. */
export async function contract({ name, dir, miniflare, apps = {}, seed, args = [], differences = {} }: Contract): Promise<void> {
  const casesFile = join(dir, 'cases.js');
  const source = readFileSync(casesFile, 'utf8');
  const { cases } = (await import(casesFile)) as { cases: Readonly<Record<string, unknown>> };
  const unknown = Object.keys(differences).filter((one) => !Object.hasOwn(cases, one));
  assert.deepEqual(unknown, [], 'differences of cases that are not there');
  describe(`${name}, beside Miniflare`, () => {
    const owner = suiteOwner();
    let nano: TestServer;
    let peer: Miniflare;
    before(async () => {
      const files: Record<string, string> = { 'cases.js': source, 'worker.js': WORKER, 'wrangler.jsonc': readFileSync(join(dir, 'wrangler.jsonc'), 'utf8') };
      const others = Object.keys(apps).map((app) => ({ app, worker: readFileSync(join(dir, 'apps', app, 'worker.js'), 'utf8') }));
      const project = folder(others.length === 0 ? files : { ...inFolder('contract', files), ...appFiles(dir, others) });
      const modules = [
        { type: 'ESModule', path: 'worker.js', contents: WORKER },
        { type: 'ESModule', path: 'cases.js', contents: source },
      ];
      const main = { modules, compatibilityDate: '2026-01-01', ...miniflare };
      const workers = others.map(({ app, worker }) => ({
        name: app,
        modules: [{ type: 'ESModule', path: 'worker.js', contents: worker }],
        compatibilityDate: '2026-01-01',
        ...apps[app],
      }));
      peer = new Miniflare(
        (workers.length === 0 ? main : { workers: [{ name: 'contract', ...main }, ...workers] }) as ConstructorParameters<typeof Miniflare>[0],
      );
      owner.after(() => peer.dispose());
      await seed?.(project, peer);
      const started = workers.length === 0 ? dev(owner, project, args) : serve(owner, project, ['--data', folder(), ...args]);
      [nano] = await Promise.all([started, peer.ready]);
    });
    for (const one of Object.keys(cases)) {
      test(one, async () => {
        const path = `/${encodeURIComponent(one)}`;
        const ours = parsed((await nano.get('contract', path)).text);
        const difference = differences[one];
        if (difference !== undefined) return assert.deepEqual(ours, difference.nano, difference.reason);
        assert.deepEqual(ours, parsed(await (await peer.dispatchFetch(`http://contract.localhost${path}`)).text()));
      });
    }
  });
}

function inFolder(name: string, files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([file, text]) => [`${name}/${file}`, text]));
}

function appFiles(dir: string, others: readonly { app: string; worker: string }[]): Record<string, string> {
  const all = others.map(({ app, worker }) =>
    inFolder(app, { 'worker.js': worker, 'wrangler.jsonc': readFileSync(join(dir, 'apps', app, 'wrangler.jsonc'), 'utf8') }),
  );
  return Object.assign({}, ...all) as Record<string, string>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
