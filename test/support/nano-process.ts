/**
 * The real command line as a child process: its log lines as events, its end, and no process left behind.
 *
 * Waiting is for lines and for ends, never for time; a bound on each wait turns a hang into a failure that says why.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

const NANO = fileURLToPath(new URL('../../bin/nano.js', import.meta.url));
const PATIENCE_MS = 40_000;

export type LogLine = Readonly<Record<string, unknown>>;
/** Fields that a line must have; a RegExp must match the field's text. */
export type LineMatch = Readonly<Record<string, unknown>>;
export type RunResult = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string };
export type SpawnOptions = {
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  input?: string;
  /** Files and connections that each of its processes may have open; Linux. */
  descriptors?: number;
};
/** Whose end is the end of what was started for it: a test's context, or `suiteOwner()`. */
export type Owner = { after(run: () => Promise<void>): void };

/** For what a suite's `before` starts. Called where the suite is described, not in a hook. */
export function suiteOwner(): Owner {
  const runs: (() => Promise<void>)[] = [];
  after(async () => {
    for (const run of runs.reverse()) await run();
  });
  return { after: (run) => void runs.push(run) };
}

export class NanoProcess {
  readonly child: ChildProcess;
  /** What it wrote to standard output, line by line, as far as it is JSON. */
  readonly lines: LogLine[] = [];
  readonly ended: Promise<RunResult>;
  stdout = '';
  stderr = '';
  #rest = '';
  #waiting = new Set<() => void>();
  #isOver = false;

  constructor(args: readonly string[], options: SpawnOptions = {}) {
    const bound = options.descriptors === undefined ? [] : ['prlimit', `--nofile=${options.descriptors}`];
    const [program, ...rest] = [...bound, process.execPath, NANO, ...args];
    this.child = spawn(program as string, rest, {
      cwd: options.cwd,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdin?.on('error', () => {});
    this.child.stdin?.end(options.input ?? '');
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    // 'close' and not 'exit': engines share the output, so that it closes when the last of them has gone.
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        this.#isOver = true;
        this.#wake();
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /**
   * The first line that matches, which may have come already.
   * @param from lines before this index do not count
   */
  async line(match: LineMatch, from = 0): Promise<LogLine> {
    const deadline = performance.now() + PATIENCE_MS;
    for (let at = from; ; ) {
      for (; at < this.lines.length; at++) if (matches(this.lines[at] as LogLine, match)) return this.lines[at] as LogLine;
      if (this.#isOver || performance.now() > deadline) {
        const why = this.#isOver ? 'it has ended' : 'it takes too long';
        assert.fail(`no log line ${describe(match)}: ${why}\n${this.stdout.slice(-4000)}\n${this.stderr}`);
      }
      await this.#change(deadline - performance.now());
    }
  }

  /** All lines so far that match. */
  all(match: LineMatch): LogLine[] {
    return this.lines.filter((line) => matches(line, match));
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it and everything it started. */
  async stop(): Promise<RunResult> {
    if (!this.#isOver) this.child.kill('SIGKILL');
    return this.ended;
  }

  #read(text: string): void {
    this.stdout += text;
    const parts = (this.#rest + text).split('\n');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) {
      if (!part.startsWith('{')) continue;
      try {
        this.lines.push(JSON.parse(part) as LogLine);
      } catch {
        // Somebody else's line.
      }
    }
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #change(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#waiting.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** Runs a command to its end. */
export function runNano(args: readonly string[], options: SpawnOptions = {}): Promise<RunResult> {
  return new NanoProcess(args, options).ended;
}

function matches(line: LogLine, match: LineMatch): boolean {
  return Object.entries(match).every(([key, value]) => (value instanceof RegExp ? value.test(String(line[key])) : line[key] === value));
}

function describe(match: LineMatch): string {
  return Object.entries(match)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(' ');
}
