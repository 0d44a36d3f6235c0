/** What the figures were measured on: no names, no paths. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { workerdBinary } from './kit/workerd.ts';

export function machine(): string {
  const model = (cpus()[0]?.model ?? 'unknown processor').trim();
  const memory = Math.round(totalmem() / 2 ** 30);
  const kernel = `${type()} ${release().split('-')[0]}`;
  return `${model}, ${availableParallelism()} cores, ${memory} GB, ${kernel}, Node ${process.versions.node} (V8 ${process.versions.v8}), ${workerdVersion()}`;
}

function workerdVersion(): string {
  try {
    return execFileSync(workerdBinary(), ['--version'], { encoding: 'utf8' }).trim();
  } catch {
    return 'workerd missing';
  }
}
