/** Load from wrk, which takes far less of the machine than a load generator in Node would. */
import { spawn } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { folder, removeFolder } from './folder.ts';

export type Load = {
  port: number;
  seconds: number;
  connections?: number;
  /** Host headers, asked for in turn. */
  hosts: readonly string[];
  path?: string;
  method?: string;
  body?: string;
  /** Milliseconds each connection waits before its next request: paced load in place of all that goes. */
  pauseMs?: number;
};

export type LoadResult = { requestsPerSecond: number; p50: number; p99: number; max: number; requests: number; errors: number };

/** Ends the process with an explanation where wrk is not installed. */
export function requireWrk(): void {
  if (spawnSync('wrk', ['-v']).error === undefined) return;
  process.stderr.write(
    'The benchmarks need wrk, an HTTP load generator. Install it with "apt install wrk" (Debian, Ubuntu)\nor "brew install wrk" (macOS), or build it from https://github.com/wg/wrk.\n',
  );
  process.exit(1);
}

/** One thread, 64 connections. */
export async function wrk(load: Load): Promise<LoadResult> {
  const { port, seconds, connections = 64, path = '/' } = load;
  const dir = folder();
  const script = join(dir, 'load.lua');
  writeFileSync(script, lua(load));
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '--timeout', '10s', '-s', script, `http://127.0.0.1:${port}${path}`];
  const child = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  await new Promise((resolve) => child.once('close', resolve));
  removeFolder(dir);
  const line = /^RESULT (.*)$/m.exec(text)?.[1];
  if (line === undefined) throw new Error(`wrk failed:\n${text}`);
  return JSON.parse(line) as LoadResult;
}

/** Requests are written once; taking the next one is an addition. Every request has the same work done for it, one host or many. */
function lua({ hosts, path = '/', method = 'GET', body, pauseMs }: Load): string {
  const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
  return `
local requests, at, count = {}, 0, 0
init = function()
  for _, host in ipairs({${hosts.map(quoted).join(',')}}) do
    count = count + 1
    requests[count] = wrk.format(${quoted(method)}, ${quoted(path)}, { ["Host"] = host${body === undefined ? '' : ', ["Content-Type"] = "application/json"'} }, ${body === undefined ? 'nil' : quoted(body)})
  end
end
request = function()
  at = at % count + 1
  return requests[at]
end
${pauseMs === undefined ? '' : `delay = function() return ${pauseMs} end`}
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('RESULT {"requestsPerSecond":%.1f,"p50":%.3f,"p99":%.3f,"max":%.3f,"requests":%d,"errors":%d}\\n',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000,
    summary.requests, e.connect + e.read + e.write + e.status + e.timeout))
end
`;
}
