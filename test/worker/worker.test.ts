/** Every folder of apps/ is a worker with its expectations: what it must answer, in order. */
import { readdirSync } from 'node:fs';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { check, type Expectation } from '../support/expectation.ts';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

const APPS = fileURLToPath(new URL('./apps', import.meta.url));

let server: TestServer;
const owner = suiteOwner();
before(async () => {
  server = await serve(owner, APPS, ['--data', folder()]);
});

for (const app of readdirSync(APPS).sort()) {
  const { expectations } = (await import(`./apps/${app}/expect.ts`)) as { expectations: readonly Expectation[] };
  suite(app, () => {
    for (const expected of expectations) test(expected.name, () => check(server, app, expected));
  });
}
