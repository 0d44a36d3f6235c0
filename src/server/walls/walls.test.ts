import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
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

test('trim: gives back what is free, and harms nothing', { skip }, () => {
  loadLibc()?.trim();
});
