/**
 * Who may import whom: the table of ARCHITECTURE.md as a program. `npm run check` runs it, and
 * tools/dependency-rule.test.ts plants a violation of each kind to see it fail.
 *
 * Type-only imports count like any other: a layer that knows another's types depends on it.
 * TypeScript 7 has no JavaScript interface, so @swc/core parses the sources; see
 * docs/decisions/0010-swc-parses-imports.md.
 */
'use strict';

/** What every layer of the host may use. */
const KIT = ['protocol', 'ports', 'base'];

/** What a layer may import beside itself. A folder under src/ that is not here fails the check. */
const LAYERS = {
  protocol: [],
  runtime: ['protocol'],
  ports: ['protocol'],
  base: [],
  observe: KIT,
  config: KIT,
  storage: KIT,
  build: [...KIT, 'config'],
  bindings: [...KIT, 'storage'],
  ops: [...KIT, 'bindings'],
  isolate: KIT,
  app: [...KIT, 'bindings', 'isolate', 'ops'],
  router: [...KIT, 'config'],
  http: KIT,
  control: KIT,
  // The two composition roots: a server of many apps, and one isolate in the hands of a person.
  server: [...KIT, 'observe', 'config', 'storage', 'build', 'bindings', 'ops', 'isolate', 'app', 'router', 'http', 'control'],
  shell: [...KIT, 'observe', 'config', 'storage', 'build', 'bindings', 'ops', 'isolate', 'app'],
  cli: [...KIT, 'config', 'build', 'server', 'shell'],
};

const any = (names) => `(?:${names.join('|')})`;
const TEST = '\\.test\\.ts$|fixture[a-z-]*\\.ts$|/testing/';
const PACKAGES = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-bundled', 'npm-no-pkg', 'npm-unknown'];

const layerRules = Object.entries(LAYERS).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  comment: `src/${layer} imports ${allowed.length === 0 ? 'nothing of ours' : allowed.join(', ')} beside itself.`,
  severity: 'error',
  from: { path: `^src/${layer}/`, pathNot: TEST },
  to: { path: '^(?:src|test|bench|tools|examples)/', pathNot: `^src/${any([layer, ...allowed])}/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'known-layers',
      comment: 'A new folder gets its line in the table first.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/${any(Object.keys(LAYERS))}/` },
      to: {},
    },
    {
      name: 'public-interface',
      comment: 'src/index.ts is a hand-written list of what protocol, config and server offer.',
      severity: 'error',
      from: { path: '^src/index\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(?:protocol|config|server)/' },
    },
    {
      name: 'no-cycles',
      comment: 'The import graph decides the order of things; a cycle has none.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'inside-is-bare',
      comment: 'protocol and runtime run inside an isolate: no Node there, and a library only after its weight was measured.',
      severity: 'error',
      from: { path: '^src/(?:runtime|protocol)/', pathNot: TEST },
      to: { dependencyTypes: ['core', ...PACKAGES] },
    },
    {
      name: 'base-and-ports-are-leaves',
      comment: 'They need no package.',
      severity: 'error',
      from: { path: '^src/(?:base|ports)/', pathNot: TEST },
      to: { dependencyTypes: PACKAGES },
    },
    {
      name: 'isolated-vm-in-one-folder',
      comment: 'Another engine can take its place only while src/isolate is all that knows it.',
      severity: 'error',
      from: { path: '^(?:src|bench|tools|test)/', pathNot: '^src/isolate/' },
      to: { path: '(?:^|/)node_modules/isolated-vm/|^isolated-vm$' },
    },
    {
      name: 'runtime-is-a-script',
      comment: 'The host sees the runtime as a built script, never as code.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/runtime/' },
      to: { path: '^src/runtime/' },
    },
    {
      name: 'products-apart',
      comment: 'A product of bindings/ never imports another product.',
      severity: 'error',
      from: { path: '^src/bindings/([^/]+)/' },
      to: { path: '^src/bindings/[^/]+/', pathNot: '^src/bindings/$1/' },
    },
    {
      name: 'capabilities-apart',
      comment: 'Nor does a capability of ops/ import another one.',
      severity: 'error',
      from: { path: '^src/ops/([^/]+)/', pathNot: TEST },
      to: { path: '^src/ops/[^/]+/', pathNot: '^src/ops/$1/' },
    },
    {
      name: 'cli-is-the-top',
      comment: 'Nothing is built on the command line; tools/ only compare its page with its table.',
      severity: 'error',
      from: { path: '^(?:src|bench)/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'not-from-tests',
      comment: 'What ships imports no test.',
      severity: 'error',
      from: { path: '^src/', pathNot: TEST },
      to: { path: `${TEST}|^test/` },
    },
    {
      name: 'declared-packages',
      comment: 'What ships uses what package.json says an installation brings.',
      severity: 'error',
      from: { path: '^src/', pathNot: TEST },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: { path: '^(?:src|test|bench|tools)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/|^examples/|^test/worker/apps/|^test/contract/[^/]+/(?:cases|apps/)' },
    parser: 'swc',
    // "import type" from @types/node would else resolve to nothing.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'types', 'default'],
      mainFields: ['main', 'types'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json', '.d.ts'],
    },
  },
};
