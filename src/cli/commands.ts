/** The commands, in the order of `nano --help` and of docs/reference/cli.md, each loaded when it is asked for. */
import type { CommandEntry } from './command.ts';

export const COMMANDS: readonly CommandEntry[] = [
  { name: 'eval', usage: 'CODE', summary: 'evaluate in a fresh isolate and print the result', load: async () => (await import('./eval.ts')).evalCommand },
  { name: 'repl', usage: '[DIR]', summary: 'the same, line by line', load: async () => (await import('./repl.ts')).replCommand },
  { name: 'dev', usage: '[DIR|FILE]', summary: 'run one app with hot reload', load: async () => (await import('./dev.ts')).devCommand },
  { name: 'serve', usage: '[DIR]', summary: 'serve every app of a folder', load: async () => (await import('./serve.ts')).serveCommand },
  { name: 'build', usage: '[DIR|FILE]', summary: 'bundle an app', load: async () => (await import('./build.ts')).buildCommand },
  {
    name: 'kv',
    usage: 'key|bulk|namespace',
    summary: 'look after KV namespaces of a data folder or server',
    load: async () => (await import('./kv/kv.ts')).kvGroup,
  },
  {
    name: 'd1',
    usage: 'execute|migrations|export|list',
    summary: 'look after D1 databases of a data folder or server',
    load: async () => (await import('./d1/d1.ts')).d1Group,
  },
  {
    name: 'r2',
    usage: 'bucket|object|token',
    summary: 'look after buckets of a data folder or server, and keys for S3 clients',
    load: async () => (await import('./r2.ts')).r2Group,
  },
  {
    name: 'queues',
    usage: 'list|info|purge|…',
    summary: 'look after the queues of a data folder or server',
    load: async () => (await import('./queues.ts')).queuesGroup,
  },
  {
    name: 'trigger',
    usage: 'scheduled [APP]',
    summary: "run an app's scheduled handler on a running server",
    load: async () => (await import('./trigger.ts')).triggerGroup,
  },
  { name: 'secret', usage: 'put|list|delete|…', summary: 'look after the secrets of apps', load: async () => (await import('./secret.ts')).secretGroup },
  { name: 'backup', usage: 'OUT', summary: 'copy the data of a server, running or not', load: async () => (await import('./backup.ts')).backupCommand },
  { name: 'restore', usage: 'FROM', summary: 'make a data folder from a copy', load: async () => (await import('./backup.ts')).restoreCommand },
];
