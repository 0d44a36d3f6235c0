/**
 * The C library's functions that Node has no names for: to give memory back, to give rights up, signals, slices of time, and an end at once.
 *
 * They are there on Linux with a Node that has node:ffi; anywhere else everything here is undefined and the caller does
 * without. A process under Node's permission model needs --allow-ffi to load them, and drops that right afterwards:
 * functions already loaded go on working.
 */
import { createRequire } from 'node:module';
import { getPriority } from 'node:os';

type Ffi = {
  dlopen(path: string, functions: Record<string, { arguments: string[]; return: string }>): { functions: Record<string, (...args: unknown[]) => unknown> };
  getRawPointer(buffer: Uint8Array): bigint;
};

export type Libc = {
  /** Gives free memory back to the system. @see https://man7.org/linux/man-pages/man3/malloc_trim.3.html */
  trim(): void;
  /** @see https://man7.org/linux/man-pages/man2/prctl.2.html */
  prctl(option: number, value: number): number;
  /** @param limit in the resource's unit, both soft and hard. @see https://man7.org/linux/man-pages/man2/setrlimit.2.html */
  setLimit(resource: number, limit: number): number;
  /** The first of the real-time signals that programs may use. @see https://man7.org/linux/man-pages/man7/signal.7.html */
  realTimeSignal(): number;
  /** Has a signal do nothing from now on. */
  ignoreSignal(signal: number): void;
  /**
   * How long the calling thread asks to run at a time; threads that it starts do not. Kernels before 6.12 take no notice.
   * @see https://docs.kernel.org/scheduler/sched-eevdf.html and https://man7.org/linux/man-pages/man2/sched_setattr.2.html
   */
  setSlice(nanoseconds: number): number;
  /** Has a thread of this process run when no other wants to. Only root takes that back. @see https://man7.org/linux/man-pages/man7/sched.7.html, SCHED_IDLE */
  setIdle(thread: number): number;
  /** How many bytes the kernel keeps of what is sent over a socket. @see https://man7.org/linux/man-pages/man7/socket.7.html, SO_SNDBUF */
  setSendBuffer(descriptor: number, bytes: number): number;
  /** Ends the process as it is. @see https://man7.org/linux/man-pages/man2/_exit.2.html */
  exitAtOnce(code: number): void;
  /** Installs a filter of system calls in every thread. @param program instructions of eight bytes each */
  seccomp(program: Uint8Array): number;
};

const SECCOMP = { x64: 317, arm64: 277 } as const;
const SCHED_SETATTR = { x64: 314, arm64: 274 } as const;
const SCHED_FLAG_RESET_ON_FORK = 1n;
const SCHED_IDLE = 5;
const SECCOMP_SET_MODE_FILTER = 1;
const SECCOMP_FILTER_FLAG_TSYNC = 1;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SIG_IGN = 1n;
/** A pointer where none is wanted. */
const NOTHING = new Uint8Array();

/** Loads them; undefined where they cannot be had. */
export function loadLibc(): Libc | undefined {
  if (process.platform !== 'linux') return undefined;
  const architecture = process.arch as keyof typeof SECCOMP;
  try {
    const ffi = requireQuietly('node:ffi') as Ffi;
    const { functions } = ffi.dlopen('libc.so.6', {
      malloc_trim: { arguments: ['uint64'], return: 'int32' },
      prctl: { arguments: ['int32', 'uint64', 'uint64', 'uint64', 'uint64'], return: 'int32' },
      signal: { arguments: ['int32', 'uint64'], return: 'uint64' },
      __libc_current_sigrtmin: { arguments: [], return: 'int32' },
      setsockopt: { arguments: ['int32', 'int32', 'int32', 'uint64', 'uint32'], return: 'int32' },
      sched_setscheduler: { arguments: ['int32', 'int32', 'uint64'], return: 'int32' },
      _exit: { arguments: ['int32'], return: 'void' },
      setrlimit: { arguments: ['int32', 'buffer'], return: 'int32' },
      syscall: { arguments: ['int64', 'int64', 'int64', 'buffer'], return: 'int64' },
    });
    const call = (name: string, ...args: unknown[]): number => Number(functions[name]?.(...args) ?? -1);
    const system = (number: number | undefined, ...args: unknown[]): number => (number === undefined ? -1 : call('syscall', BigInt(number), ...args));
    // Without the right to load more, a pointer is all that a call takes.
    const socketOption = new Int32Array(1);
    const socketOptionAt = ffi.getRawPointer(new Uint8Array(socketOption.buffer));
    // struct sched_param: a priority of none.
    const noPriority = new Int32Array(1);
    const noPriorityAt = ffi.getRawPointer(new Uint8Array(noPriority.buffer));
    return {
      trim: () => void call('malloc_trim', 0n),
      prctl: (option, value) => call('prctl', option, BigInt(value), 0n, 0n, 0n),
      setLimit: (resource, limit) => call('setrlimit', resource, new Uint8Array(new BigUint64Array([BigInt(limit), BigInt(limit)]).buffer)),
      realTimeSignal: () => call('__libc_current_sigrtmin'),
      ignoreSignal: (signal) => void call('signal', signal, SIG_IGN),
      setSlice: (nanoseconds) => {
        // struct sched_attr: its size, a policy, flags, nice, a priority, the slice, and two times of other policies.
        const attributes = new DataView(new ArrayBuffer(48));
        attributes.setUint32(0, attributes.byteLength, true);
        attributes.setBigUint64(8, SCHED_FLAG_RESET_ON_FORK, true);
        attributes.setInt32(16, getPriority(), true);
        attributes.setBigUint64(24, BigInt(nanoseconds), true);
        return system(SCHED_SETATTR[architecture], 0n, ffi.getRawPointer(new Uint8Array(attributes.buffer)), NOTHING);
      },
      setIdle: (thread) => {
        // Named here, so that its memory lives as long as the pointer.
        noPriority[0] = 0;
        return call('sched_setscheduler', thread, SCHED_IDLE, noPriorityAt);
      },
      setSendBuffer: (descriptor, bytes) => {
        socketOption[0] = bytes;
        return call('setsockopt', descriptor, SOL_SOCKET, SO_SNDBUF, socketOptionAt, socketOption.byteLength);
      },
      exitAtOnce: (code) => void call('_exit', code),
      seccomp: (program) => {
        // struct sock_fprog: a count of sixteen bits, six bytes of nothing, a pointer.
        const descriptor = new DataView(new ArrayBuffer(16));
        descriptor.setUint16(0, program.length / 8, true);
        descriptor.setBigUint64(8, ffi.getRawPointer(program), true);
        return system(SECCOMP[architecture], BigInt(SECCOMP_SET_MODE_FILTER), BigInt(SECCOMP_FILTER_FLAG_TSYNC), new Uint8Array(descriptor.buffer));
      },
    };
  } catch {
    // An older Node, another C library, or no right to.
    return undefined;
  }
}

/** Without the warning that the module is experimental, which tells an operator nothing to act on. */
function requireQuietly(name: string): unknown {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return createRequire(import.meta.url)(name);
  } finally {
    process.emitWarning = emitWarning;
  }
}
