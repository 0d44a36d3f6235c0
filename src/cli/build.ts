/** `nano build`: an app's bundle and its manifest, for another machine. */
import { relative, resolve } from 'node:path';
import { visible } from '../base/visible.ts';
import { buildApp } from '../server/build-app.ts';
import { type Command, CommandError } from './command.ts';
import { WORKER_OPTIONS, workerOptions } from './options.ts';

export const buildCommand: Command = {
  name: 'build',
  summary: 'Bundles an app into a folder: its modules, source maps and manifest.json.',
  usage: '[DIR|FILE]',
  positionals: 1,
  options: {
    outdir: { type: 'string', value: 'DIR', help: 'where the bundle goes (dist)' },
    minify: { type: 'boolean', help: 'make the code smaller' },
    ...WORKER_OPTIONS,
  },
  run: async (input) => {
    const outdir = resolve(input.text('outdir') ?? 'dist');
    try {
      const { name, modules, bytes, warnings } = await buildApp(input.positionals[0] ?? '.', outdir, workerOptions(input), input.flag('minify'));
      for (const warning of warnings) process.stderr.write(`${visible(warning)}\n`);
      process.stdout.write(
        `${name}: ${modules === 1 ? '1 module' : `${modules} modules`}, ${(bytes / 1024).toFixed(1)} KB, in ${relative('.', outdir) || '.'}\n`,
      );
      return 0;
    } catch (error) {
      if (error instanceof Error && error.name === 'BuildError') throw new CommandError(`the build failed\n${error.message}`);
      throw error;
    }
  },
};
