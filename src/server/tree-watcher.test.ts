import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TreeWatcher } from './tree-watcher.ts';

type Setup = { root: string; watcher: TreeWatcher; reported(path: string): Promise<void>; seen: string[] };

function setUp(t: TestContext): Setup {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'nano-watch-')));
  const seen: string[] = [];
  let wake = (): void => {};
  const watcher = new TreeWatcher({
    onChange: (path) => {
      seen.push(path);
      wake();
    },
    onError: (_folder, error) => assert.fail(error),
  });
  t.after(() => {
    watcher.close();
    rmSync(root, { recursive: true });
  });
  const reported = async (path: string): Promise<void> => {
    while (!seen.includes(path)) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    seen.length = 0;
  };
  return { root, watcher, reported, seen };
}

test('tree: files in folders made later are seen, atomic saves too', async (t) => {
  const { root, watcher, reported } = setUp(t);
  watcher.addRoot(root);
  mkdirSync(join(root, 'app'));
  await reported(join(root, 'app'));
  writeFileSync(join(root, 'app', 'index.js'), '1');
  await reported(join(root, 'app', 'index.js'));
  writeFileSync(join(root, 'app', 'temporary'), '2');
  await reported(join(root, 'app', 'temporary'));
  renameSync(join(root, 'app', 'temporary'), join(root, 'app', 'index.js'));
  await reported(join(root, 'app', 'index.js'));
});

test('tree: node_modules and dot files are left alone, environment files are not', async (t) => {
  const { root, watcher, reported, seen } = setUp(t);
  mkdirSync(join(root, 'node_modules', 'x'), { recursive: true });
  watcher.addRoot(root);
  writeFileSync(join(root, 'node_modules', 'x', 'a.js'), '');
  writeFileSync(join(root, '.swp'), '');
  writeFileSync(join(root, '.dev.vars'), '');
  while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([...new Set(seen)], [join(root, '.dev.vars')]);
  await reported(join(root, '.dev.vars'));
});

test('tree: a link turned to another folder is followed there', async (t) => {
  const { root, watcher, reported } = setUp(t);
  for (const release of ['one', 'two']) mkdirSync(join(root, `.${release}`));
  symlinkSync(join(root, '.one'), join(root, 'app'));
  watcher.addRoot(root);
  writeFileSync(join(root, '.one', 'index.js'), '');
  await reported(join(root, 'app', 'index.js'));
  symlinkSync(join(root, '.two'), join(root, 'new'));
  renameSync(join(root, 'new'), join(root, 'app'));
  await reported(join(root, 'app'));
  writeFileSync(join(root, '.two', 'other.js'), '');
  await reported(join(root, 'app', 'other.js'));
});

test('tree: a link that an app has somewhere inside leads nowhere', async (t) => {
  const { root, watcher, reported, seen } = setUp(t);
  const outside = realpathSync(mkdtempSync(join(tmpdir(), 'nano-outside-')));
  t.after(() => rmSync(outside, { recursive: true }));
  mkdirSync(join(root, 'app'));
  symlinkSync(outside, join(root, 'app', 'before'));
  watcher.addRoot(root, true);
  symlinkSync(outside, join(root, 'app', 'after'));
  await reported(join(root, 'app', 'after'));
  writeFileSync(join(outside, 'x.js'), '');
  writeFileSync(join(root, 'app', 'index.js'), '');
  await reported(join(root, 'app', 'index.js'));
  assert.deepEqual(
    seen.filter((path) => path.endsWith('x.js')),
    [],
  );
});

test('root: another folder in its place is watched as well', async (t) => {
  const { root, watcher, reported } = setUp(t);
  for (const release of ['one', 'two']) mkdirSync(join(root, release));
  const apps = join(root, 'apps');
  symlinkSync(join(root, 'one'), apps);
  watcher.addRoot(apps);
  symlinkSync(join(root, 'two'), join(root, 'new'));
  renameSync(join(root, 'new'), apps);
  await reported(apps);
  writeFileSync(join(root, 'two', 'index.js'), '');
  await reported(join(apps, 'index.js'));
  rmSync(apps);
  mkdirSync(apps);
  await reported(apps);
  writeFileSync(join(apps, 'other.js'), '');
  await reported(join(apps, 'other.js'));
});

test('setFiles: only the named files of a folder count', async (t) => {
  const { root, watcher, reported, seen } = setUp(t);
  watcher.setFiles([join(root, 'a.js')]);
  writeFileSync(join(root, 'b.js'), '');
  writeFileSync(join(root, 'a.js'), '');
  await reported(join(root, 'a.js'));
  assert.deepEqual(seen, []);
});

test('close: leaves no watch behind, where roots lie side by side', async (t) => {
  const { root, watcher, reported } = setUp(t);
  // What is closed is off the list some rounds of the event loop later.
  const watches = async (): Promise<number> => {
    for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve));
    return process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length;
  };
  const before = await watches();
  const [server, client] = [join(root, 'server'), join(root, 'client')];
  for (const folder of [server, client]) {
    mkdirSync(folder);
    watcher.addRoot(folder);
  }
  for (const folder of [server, client]) {
    rmSync(folder, { recursive: true });
    await reported(folder);
  }
  watcher.close();
  assert.equal(await watches(), before);
});
