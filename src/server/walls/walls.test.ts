import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../../../test/support/http.ts';
import { harden, missingWalls } from './harden.ts';
import { loadLibc } from './libc.ts';
import { seccompProgram } from './seccomp.ts';

const skip = loadLibc() === undefined ? 'only Linux with node:ffi has these' : false;

/** What a process says that has raised its walls. */
function walled(code: string): unknown {
  const walls = fileURLToPath(new URL('./', import.meta.url));
  const source = `import { harden } from '${walls}harden.ts'; import { loadLibc } from '${walls}libc.ts';
    import { spawnSync } from 'node:child_process'; import { lookup } from 'node:dns/promises'; import { readFileSync } from 'node:fs'; import { createServer } from 'node:net';
    const walls = harden(loadLibc()); const attempt = async (run) => { try { return (await run()) ?? 'done'; } catch (error) { return error.code; } };
    console.log(JSON.stringify(await (async () => { ${code} })())); process.exit(0);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
  return stdout === '' ? stderr : (JSON.parse(stdout) as unknown);
}

test('harden: the kernel says so', { skip }, () => {
  const told = walled(`return [walls, readFileSync('/proc/self/status', 'utf8').match(/^(?:NoNewPrivs|Seccomp):.*$/gm)]`);
  assert.deepEqual(told, [{ noNewPrivileges: true, notDumpable: true, systemCalls: true }, ['NoNewPrivs:\t1', 'Seccomp:\t2']]);
});

test('missingWalls: names what could not be had', () => {
  assert.deepEqual(missingWalls(harden(undefined)), ['no new privileges', 'no core dumps and no tracing', 'the filter of system calls']);
  assert.deepEqual(missingWalls({ noNewPrivileges: true, notDumpable: true, systemCalls: true }), []);
});

test('harden: no program is started and nobody else signalled', { skip }, () => {
  const told = walled(
    `return [spawnSync('true').error?.code, await attempt(() => process.kill(process.ppid, 0)), await attempt(() => process.kill(process.pid, 0))]`,
  );
  assert.deepEqual(told, ['EPERM', 'EPERM', true]);
});

test('harden: what Node needs goes on: names, sockets, threads', { skip }, () => {
  const told = walled(`
    const server = createServer(); await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { Worker } = await import('node:worker_threads');
    const said = await new Promise((resolve, reject) => new Worker('import { parentPort } from "node:worker_threads"; parentPort.postMessage("thread")', { eval: true }).on('message', resolve).on('error', reject));
    return [(await lookup('localhost')).address !== '', said]`);
  assert.deepEqual(told, [true, 'thread']);
});

test('seccompProgram: none for an architecture whose numbers are not known', () => {
  assert.equal(seccompProgram('mips', 1), undefined);
  for (const arch of ['x64', 'arm64']) {
    const program = seccompProgram(arch, 1234);
    assert.ok(program !== undefined && program.length % 8 === 0 && program.length / 8 < 4096);
  }
});

test('leaveThreadsRunning: what would suspend a thread, or end the process, does nothing', { skip }, () => {
  const told = walled(`const { leaveThreadsRunning } = await import('${new URL('signals.ts', import.meta.url).href}'); const libc = loadLibc();
    leaveThreadsRunning(libc); process.kill(process.pid, libc.realTimeSignal());
    return readFileSync('/proc/self/status', 'utf8').match(/^SigIgn:.*$/m)[0].slice(-9)`);
  assert.match(String(told), /^2[0-9a-f]{8}$/);
});

test('dieWithParent: a process that hears of nothing goes with the one that started it', { skip }, async () => {
  const signals = new URL('signals.ts', import.meta.url).href;
  const deaf = `import { dieWithParent } from '${signals}'; import { loadLibc } from '${new URL('libc.ts', import.meta.url).href}';
    dieWithParent(loadLibc()); process.stdout.write('deaf', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));`;
  const parent = `const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['--input-type=module', '-e', process.argv[1]]);
    child.stdout.once('data', () => process.stdout.write(String(child.pid), () => process.kill(process.pid, 'SIGKILL')));`;
  const { stdout } = spawnSync(process.execPath, ['-e', parent, deaf], { encoding: 'utf8' });
  // The system ends it as soon as its parent has gone, a moment after that is known here; who takes its exit code may take long.
  const isThere = (): boolean => {
    try {
      return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${stdout}/stat`, 'latin1'));
    } catch {
      return false;
    }
  };
  assert.ok(Number(stdout) > 0);
  await until(() => !isThere());
});

test('answerSoon: the main thread asks for short slices, and keeps its priority; threads that it starts do not', { skip }, () => {
  const told =
    walled(`const { answerSoon } = await import('${new URL('slices.ts', import.meta.url).href}'); const { Worker } = await import('node:worker_threads');
    const { getPriority, setPriority } = await import('node:os'); setPriority(5); answerSoon(loadLibc());
    const slice = 'Number(/se.slice +: +([0-9]+)/.exec(readFileSync("/proc/thread-self/sched", "utf8"))?.[1])';
    const thread = new Worker('import { readFileSync } from "node:fs"; import { parentPort } from "node:worker_threads"; parentPort.postMessage(' + slice + ')', { eval: true });
    return [eval(slice), await new Promise((resolve) => thread.on('message', resolve)), getPriority()]`);
  const [main, thread, priority] = told as (number | null)[];
  assert.equal(priority, 5);
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const hasSlices = major > 6 || (major === 6 && minor >= 12);
  // There are kernels that do not tell.
  if (hasSlices && main !== null) assert.ok(main === 100_000 && Number(thread) > main, JSON.stringify(told));
});

test('standBack: all threads but the main one run when no other wants to, those to come as well', { skip }, () => {
  const told =
    walled(`const { standBack } = await import('${new URL('slices.ts', import.meta.url).href}'); const { Worker } = await import('node:worker_threads');
    const { readdirSync } = await import('node:fs'); const libc = loadLibc(); standBack(libc);
    const policies = () => readdirSync('/proc/self/task').map((thread) => { const stat = readFileSync('/proc/self/task/' + thread + '/stat', 'latin1');
      return [Number(thread) === process.pid, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38]]; });
    const idle = () => policies().every(([isMain, policy]) => policy === (isMain ? '0' : '5'));
    const before = idle(); new Worker('setInterval(() => {}, 1000)', { eval: true }).unref(); const until = Date.now() + 10_000;
    while (idle() && Date.now() < until) await new Promise(setImmediate);
    const between = idle(); while (!idle() && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
    return [before, between, idle()]`);
  assert.deepEqual(told, [true, false, true]);
});

test('trim: gives back what is free, and harms nothing', { skip }, () => {
  loadLibc()?.trim();
});
