const core = '^packages/stream-core/src'

/** Folders of stream-core that a folder may not import: the arrows of ARCHITECTURE.md, written as what is forbidden. */
const forbiddenArrows = [
  ['graph', ['dsl', 'plan', 'runtime']],
  ['plan', ['dsl', 'runtime']],
  ['runtime', ['dsl']],
  ['operators', ['dsl', 'graph', 'plan', 'runtime', 'checkpoint']],
  ['connectors', ['dsl', 'graph', 'plan', 'runtime', 'operators', 'checkpoint']],
  ['checkpoint', ['dsl', 'graph', 'plan', 'runtime', 'operators']],
  ['metrics', ['dsl', 'graph', 'plan', 'runtime', 'operators', 'checkpoint']],
  ...['state', 'time', 'windows', 'aggregates', 'batch'].map(layer => [
    layer,
    ['dsl', 'graph', 'plan', 'runtime', 'operators', 'connectors', 'checkpoint'],
  ]),
]

/** The only files that may import a driver; everything else talks to the port behind it. */
const drivers = [
  ['kafkajs', ['packages/kafka/src/client', 'packages/kafka/src/[^/]+/client']],
  [
    'pg|pg-copy-streams',
    [
      'packages/sinks-postgres/src/client',
      'packages/sinks-postgres/src/[^/]+/client',
      'packages/postgres-embedded/src/database',
      'packages/test-servers/src/postgres',
      'packages/chaos/src/(?:table-watch|soak/row-ledger)',
    ],
  ],
]

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...forbiddenArrows.map(([from, to]) => ({
      name: `stream-core-${from}`,
      comment: `${from}/ stands below ${to.join(', ')} and knows nothing of them.`,
      severity: 'error',
      from: { path: `${core}/${from}/` },
      to: { path: `${core}/(${to.join('|')})/` },
    })),
    {
      name: 'stream-core-dsl-runs-nothing',
      comment:
        'A pipeline is a value. Only dsl/iterate.ts, which makes a Stream an AsyncIterable, may start the runtime.',
      severity: 'error',
      from: { path: `${core}/dsl/`, pathNot: `${core}/dsl/iterate\\.ts$` },
      to: { path: `${core}/runtime/` },
    },
    {
      name: 'stream-core-runtime-knows-no-operator',
      comment: 'Built-in operators hold no privilege: the runtime sees operators/operator.ts only.',
      severity: 'error',
      from: { path: `${core}/runtime/` },
      to: { path: `${core}/operators/`, pathNot: `${core}/operators/operator\\.ts$` },
    },
    {
      name: 'stream-core-runs-anywhere',
      comment: 'The semantics also run in a browser: Node is used in runtime/ and checkpoint/ only.',
      severity: 'error',
      from: { path: `${core}/`, pathNot: `${core}/(runtime|checkpoint)/` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'stream-core-threads-by-their-entry',
      comment:
        'Worker threads are for Node: only the entry threads.ts reaches them, so that the others load in a browser.',
      severity: 'error',
      from: { path: `${core}/`, pathNot: `${core}/(threads\\.ts$|runtime/threads/)` },
      to: { path: `${core}/runtime/threads/` },
    },
    {
      name: 'stream-core-has-no-dependencies',
      severity: 'error',
      from: { path: `${core}/` },
      to: {
        dependencyTypesNot: [
          'local',
          'core',
          'aliased',
          'type-only',
          'pre-compilation-only',
          'import',
          'export',
          'type-import',
        ],
      },
    },
    {
      name: 'entries-are-for-others',
      comment: 'index.ts, extend.ts and threads.ts only re-export; inside the package, import the file itself.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/', pathNot: '^packages/[^/]+/src/(index|extend|threads)\\.ts$' },
      to: { path: '^packages/$1/src/(index|extend|threads)\\.ts$' },
    },
    {
      name: 'packages-by-their-entries',
      comment: "Import another package by a public entry ('@rtp/name' or '@rtp/name/extend'), never by a path into it.",
      severity: 'error',
      from: { path: '^(packages|examples)/([^/]+)/' },
      to: {
        path: '^packages/[^/]+/(src|dist|test)/',
        pathNot: ['^$1/$2/', '^packages/[^/]+/src/(index|extend|network|threads|server-process|vitest)\\.ts$'],
      },
    },
    ...drivers.map(([driver, files]) => ({
      name: `driver-${driver.replaceAll('|', '-')}`,
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: files.map(file => `^${file}\\.ts$`) },
      to: { path: `(^|/)node_modules/(${driver})/|^(${driver})($|/)` },
    })),
    {
      name: 'no-cycles',
      comment:
        'The stages of the DSL refer to each other inside methods, which is harmless; nothing else may. `import type` is gone at run time and closes no cycle.',
      severity: 'error',
      from: { pathNot: `${core}/dsl/` },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'declared-dependencies',
      comment: "What is imported must stand in package.json. Configuration files use the workspace's own tools.",
      severity: 'error',
      from: { path: '^(packages|examples|benchmarks)/', pathNot: '\\.config\\.ts$' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer', 'npm-dev'] },
    },
    {
      name: 'run-time-dependencies',
      comment: 'Published code may not import what only development installs.',
      severity: 'error',
      from: { path: '^(packages|examples)/[^/]+/src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'npm-peer', 'type-only'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: { pathNot: '^packages/stream-core/test/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'resolvable-in-core-tests',
      comment:
        'The test kit depends on stream-core and therefore cannot be its dependency: the tests of stream-core find it by an alias.',
      severity: 'error',
      from: { path: '^packages/stream-core/test/' },
      to: { couldNotResolve: true, pathNot: '^@rtp/stream-testing$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.data|node_modules/\\.cache)/' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@rtp/source', 'types', 'import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.cjs', '.js', '.json'],
      mainFields: ['main', 'types'],
    },
  },
}
