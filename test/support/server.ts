/** A running `nano serve` or `nano dev`, and requests to it. */
import { type LineMatch, type LogLine, NanoProcess, type Owner, type SpawnOptions } from './nano-process.ts';
import { type Answer, type Ask, send } from './request.ts';

export class TestServer {
  readonly process: NanoProcess;
  readonly port: number;
  readonly adminPort: number;

  constructor(process: NanoProcess, listening: LogLine) {
    this.process = process;
    this.port = Number(listening['port']);
    this.adminPort = Number(listening['adminPort'] ?? 0);
  }

  /** A request to `<app>.localhost`, or to a host name with a dot in it. */
  get(app: string, path = '/', ask: Ask = {}): Promise<Answer> {
    const host = app.includes('.') ? app : `${app}.localhost`;
    return send(this.port, { path, ...ask, headers: { host, ...ask.headers } });
  }

  /** The same for an app that may have been set aside: where the machine was too busy to run it, it is asked again. */
  async getPatiently(app: string, path = '/', ask: Ask = {}): Promise<Answer> {
    for (;;) {
      const answer = await this.get(app, path, ask);
      if (!answer.text.startsWith('error code: 9506')) return answer;
    }
  }

  admin(path: string): Promise<Answer> {
    return send(this.adminPort, { path, headers: { host: 'localhost' } });
  }

  line(match: LineMatch, from = 0): Promise<LogLine> {
    return this.process.line(match, from);
  }

  /** Where a wait for lines still to come starts. */
  get mark(): number {
    return this.process.lines.length;
  }

  /** The value of a metric, summed over the label sets that contain all of `labels`. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const { text } = await this.admin('/metrics');
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    return text
      .split('\n')
      .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && wanted.every((part) => line.includes(part)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }
}

/** `nano serve dir` on free ports; stopped when its owner is done. */
export async function serve(owner: Owner, dir: string, args: readonly string[] = [], options: SpawnOptions = {}): Promise<TestServer> {
  const engines = args.includes('--engines') || args.includes('--config') ? [] : ['--engines', '1'];
  return start(owner, ['serve', '.', '--port', '0', '--admin-port', '0', '--ip', '127.0.0.1', ...engines, ...args], { cwd: dir, ...options });
}

/** `nano dev` on a free port. */
export async function dev(owner: Owner, dir: string, args: readonly string[] = [], options: SpawnOptions = {}): Promise<TestServer> {
  return start(owner, ['dev', '--port', '0', ...args], { cwd: dir, ...options });
}

async function start(owner: Owner, args: readonly string[], options: SpawnOptions): Promise<TestServer> {
  const nano = new NanoProcess(args, options);
  owner.after(async () => {
    await nano.stop();
  });
  return new TestServer(nano, await nano.line({ msg: 'listening' }));
}
