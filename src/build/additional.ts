/** `find_additional_modules`: files below the base folder that match a module rule become modules of the bundle. */
import { type Dirent, existsSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ModuleFile, nameInside, readModule } from './module-files.ts';
import type { Rules } from './rules.ts';

/** Never part of an app. Unlike wrangler this leaves node_modules out: with a rule for "**\/*.js" all of it would be attached. */
const SKIPPED = new Set(['node_modules', '.git', '.wrangler', '.nano']);
const MAX_FILES = 20_000;

/** @param skip absolute paths that are no modules: the entry, the configuration */
export async function findAdditionalModules(baseDir: string, rules: Rules, skip: ReadonlySet<string>): Promise<ModuleFile[]> {
  const modules: ModuleFile[] = [];
  const root = await realpath(baseDir);
  for (const path of await filesBelow(baseDir, root)) {
    const name = nameInside(baseDir, path);
    if (name === undefined || skip.has(path)) continue;
    const rule = rules.active.find((one) => one.matchesFile(name));
    if (rule !== undefined) modules.push(await readModule(path, rule.type, name));
  }
  return modules;
}

async function filesBelow(dir: string, root: string): Promise<string[]> {
  const files: string[] = [];
  const pending = [dir];
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    for (const entry of (await readdir(current, { withFileTypes: true })).sort(byName)) {
      const path = join(current, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) pending.push(path);
      } else if (entry.isFile() || (entry.isSymbolicLink() && (await isFileInside(path, root)))) {
        files.push(path);
        if (files.length > MAX_FILES) throw new Error(`More than ${MAX_FILES} files below ${dir}: set "base_dir" to the folder that has the modules.`);
      }
    }
  }
  return files;
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}

/** Links are followed to files of the app only. @param root a folder, without links on the way */
export async function isFileInside(path: string, root: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  const target = await realpath(path);
  return nameInside(root, target) !== undefined && (await stat(target)).isFile();
}
