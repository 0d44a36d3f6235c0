/** A worker's source with what it imports from npm, as one module. */
import { build } from 'esbuild';
import { packageRoot } from '../kit/nano.ts';

export async function bundle(source: string): Promise<string> {
  const result = await build({
    stdin: { contents: source, resolveDir: packageRoot, loader: 'js' },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'esnext',
    platform: 'neutral',
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['browser', 'module', 'main'],
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error('The bundle came out empty.');
  return file.text;
}
