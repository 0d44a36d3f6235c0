/**
 * The system calls an engine gives up, as a program for the kernel.
 *
 * What an engine never does is refused with EPERM: starting programs, looking into other processes, mounting, loading
 * modules, other namespaces, raw sockets, signals to anybody but itself. What Node and V8 need stays: a list of what is
 * allowed would break with every new version of either.
 * @see https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
 */

/** Names and numbers by architecture. -1: it has none. */
const REFUSED: Readonly<Record<string, readonly [x64: number, arm64: number]>> = {
  fork: [57, -1],
  vfork: [58, -1],
  execve: [59, 221],
  execveat: [322, 281],
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  pidfd_open: [434, 434],
  pidfd_getfd: [438, 438],
  pidfd_send_signal: [424, 424],
  kcmp: [312, 272],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  move_mount: [429, 429],
  fsopen: [430, 430],
  open_tree: [428, 428],
  mount_setattr: [442, 442],
  unshare: [272, 97],
  setns: [308, 268],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  // Not io_uring_enter: libuv goes on using the ring it has.
  io_uring_setup: [425, 425],
  io_uring_register: [427, 427],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  quotactl: [179, 60],
  syslog: [103, 116],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  adjtimex: [159, 171],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  iopl: [172, -1],
  ioperm: [173, -1],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  open_by_handle_at: [304, 265],
  name_to_handle_at: [303, 264],
  mknod: [133, -1],
  mknodat: [259, 33],
  setuid: [105, 146],
  setgid: [106, 144],
  setreuid: [113, 145],
  setregid: [114, 143],
  setresuid: [117, 147],
  setresgid: [119, 149],
  setgroups: [116, 159],
  setfsuid: [122, 151],
  setfsgid: [123, 152],
  capset: [126, 91],
  personality: [135, 92],
  memfd_secret: [447, 447],
};

const KILL = [62, 129] as const;
const TKILL = [200, 130] as const;
const CLONE = [56, 220] as const;
const CLONE3 = [435, 435] as const;
const SOCKET = [41, 198] as const;
const CLONE_THREAD = 0x10000;
/** Unix, IPv4, IPv6, and netlink, by which the C library asks which addresses the machine has. */
const FAMILIES = [1, 2, 10, 16];
const SOCK_RAW = 3;

const ARCHITECTURES = { x64: [0xc000003e, 0], arm64: [0xc00000b7, 1] } as const;
/** On x86-64 the numbers of the 32-bit interface begin here. */
const X32 = 0x40000000;

const ALLOW = 0x7fff0000;
const EPERM = 0x00050001;
/** To the C library: use the older call, whose flags can be looked at. */
const ENOSYS = 0x00050026;

// Offsets in struct seccomp_data.
const NUMBER = 0;
const ARCH = 4;
const ARGUMENT = (at: number): number => 16 + at * 8;

const LOAD = 0x20;
const EQUALS = 0x15;
const AT_LEAST = 0x35;
const HAS_BITS = 0x45;
const AND = 0x54;
const RETURN = 0x06;

type Step = { code: number; value: number; yes?: string; no?: string; label?: string };

/**
 * The filter for this architecture, or undefined where its numbers are not known.
 * @param pid of the process itself, which may signal itself
 */
export function seccompProgram(arch: string, pid: number): Uint8Array | undefined {
  const known = ARCHITECTURES[arch as keyof typeof ARCHITECTURES];
  if (known === undefined) return undefined;
  const [audit, column] = known;
  const steps: Step[] = [
    { code: LOAD, value: ARCH },
    { code: EQUALS, value: audit, no: 'refuse' },
    { code: LOAD, value: NUMBER },
  ];
  if (arch === 'x64') steps.push({ code: AT_LEAST, value: X32, yes: 'refuse' });
  for (const numbers of Object.values(REFUSED)) if (numbers[column] >= 0) steps.push({ code: EQUALS, value: numbers[column], yes: 'refuse' });
  steps.push(
    { code: EQUALS, value: CLONE3[column], yes: 'missing' },
    { code: EQUALS, value: CLONE[column], yes: 'clone' },
    { code: EQUALS, value: KILL[column], yes: 'kill' },
    { code: EQUALS, value: TKILL[column], yes: 'refuse' },
    { code: EQUALS, value: SOCKET[column], yes: 'socket' },
    { code: RETURN, value: ALLOW },
    { label: 'clone', code: LOAD, value: ARGUMENT(0) },
    { code: HAS_BITS, value: CLONE_THREAD, yes: 'allow', no: 'refuse' },
    { label: 'kill', code: LOAD, value: ARGUMENT(0) },
    { code: EQUALS, value: pid, yes: 'allow', no: 'refuse' },
    { label: 'socket', code: LOAD, value: ARGUMENT(1) },
    { code: AND, value: 0xf },
    { code: EQUALS, value: SOCK_RAW, yes: 'netlink' },
    { code: LOAD, value: ARGUMENT(0) },
    ...FAMILIES.map((family) => ({ code: EQUALS, value: family, yes: 'allow' })),
    { code: RETURN, value: EPERM },
    // Netlink sockets are raw by nature.
    { label: 'netlink', code: LOAD, value: ARGUMENT(0) },
    { code: EQUALS, value: 16, yes: 'allow', no: 'refuse' },
    { label: 'allow', code: RETURN, value: ALLOW },
    { label: 'refuse', code: RETURN, value: EPERM },
    { label: 'missing', code: RETURN, value: ENOSYS },
  );
  return assemble(steps);
}

/** Instructions of eight bytes: code, two distances to jump, value. */
function assemble(steps: readonly Step[]): Uint8Array {
  const places = new Map(steps.flatMap(({ label }, at) => (label === undefined ? [] : [[label, at] as const])));
  const distance = (label: string | undefined, at: number): number => {
    if (label === undefined) return 0;
    const jump = (places.get(label) ?? -1) - at - 1;
    if (jump < 0 || jump > 255) throw new Error(`no way to "${label}"`);
    return jump;
  };
  const program = new DataView(new ArrayBuffer(steps.length * 8));
  for (const [at, { code, value, yes, no }] of steps.entries()) {
    program.setUint16(at * 8, code, true);
    program.setUint8(at * 8 + 2, distance(yes, at));
    program.setUint8(at * 8 + 3, distance(no, at));
    program.setUint32(at * 8 + 4, value >>> 0, true);
  }
  return new Uint8Array(program.buffer);
}
