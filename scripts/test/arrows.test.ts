import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Every row is a file with one wrong import, and the rule that must find it. */
const WRONG: [rule: string, file: string, imports: string][] = [
  ['stream-core-dsl-runs-nothing', 'packages/stream-core/src/dsl/stream.ts', '../runtime/task.ts'],
  ['stream-core-graph', 'packages/stream-core/src/graph/graph.ts', '../plan/planner.ts'],
  ['stream-core-plan', 'packages/stream-core/src/plan/fuse.ts', '../runtime/task.ts'],
  ['stream-core-runtime', 'packages/stream-core/src/runtime/job.ts', '../dsl/named.ts'],
  ['stream-core-runtime-knows-no-operator', 'packages/stream-core/src/runtime/special.ts', '../operators/filter.ts'],
  ['stream-core-operators', 'packages/stream-core/src/operators/map.ts', '../runtime/task.ts'],
  ['stream-core-operators', 'packages/stream-core/src/operators/flat-map.ts', '../graph/node.ts'],
  ['stream-core-time', 'packages/stream-core/src/time/clock.ts', '../operators/filter.ts'],
  ['stream-core-state', 'packages/stream-core/src/state/key.ts', '../runtime/task.ts'],
  ['stream-core-connectors', 'packages/stream-core/src/connectors/sink.ts', '../dsl/named.ts'],
  ['stream-core-checkpoint', 'packages/stream-core/src/checkpoint/store.ts', '../plan/planner.ts'],
  ['stream-core-runs-anywhere', 'packages/stream-core/src/windows/tumbling.ts', 'node:fs'],
  ['entries-are-for-others', 'packages/stream-core/src/time/duration.ts', '../index.ts'],
  ['packages-by-their-entries', 'packages/kafka/src/kafka-source.ts', '../../stream-core/src/runtime/task.ts'],
  ['driver-kafkajs', 'packages/kafka/src/kafka-sink.ts', 'kafkajs'],
  ['driver-pg-pg-copy-streams', 'packages/sinks-postgres/src/copy-writer.ts', 'pg-copy-streams'],
  ['no-cycles', 'packages/source-csv/src/one.ts', './two.ts'],
  ['resolvable', 'packages/source-csv/src/missing.ts', './nowhere.ts'],
]

/** Files that the rows above import, and imports that are right. */
const RIGHT: [file: string, text: string][] = [
  ['packages/stream-core/src/index.ts', `export { task } from './runtime/task.ts'`],
  [
    'packages/stream-core/src/runtime/task.ts',
    `import { plan } from '../plan/planner.ts'\nimport 'node:fs'\nexport const task = plan`,
  ],
  [
    'packages/stream-core/src/plan/planner.ts',
    `import type { Node } from '../graph/node.ts'\nexport const plan = (node: Node) => node`,
  ],
  ['packages/stream-core/src/graph/node.ts', 'export interface Node { name: string }'],
  ['packages/stream-core/src/operators/filter.ts', 'export const filter = 1'],
  [
    'packages/stream-core/src/dsl/named.ts',
    `import { filter } from '../operators/filter.ts'\nexport const named = filter`,
  ],
  ['packages/stream-core/src/dsl/iterate.ts', `import { task } from '../runtime/task.ts'\nexport const iterate = task`],
  ['packages/source-csv/src/two.ts', `import './one.ts'\nexport {}`],
  ['packages/kafka/src/client.ts', `import 'kafkajs'\nexport {}`],
  ['packages/sinks-postgres/src/client.ts', `import 'pg-copy-streams'\nexport {}`],
  ['node_modules/kafkajs/index.js', ''],
  ['node_modules/pg-copy-streams/index.js', ''],
  ['package.json', '{"type": "module", "dependencies": {"kafkajs": "*", "pg-copy-streams": "*"}}'],
]

let tree: string
let found: string[]

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'rtp-arrows-'))
  for (const [file, text] of RIGHT) plant(file, text)
  for (const [, file, imports] of WRONG) plant(file, `import '${imports}'\nexport {}`)
  found = violations()
})
afterAll(() => rmSync(tree, { recursive: true, force: true }))

test.each(WRONG)('the rule %s finds the wrong import in %s', (rule, file) => {
  expect(found).toContain(`${rule}: ${file}`)
})

test('nothing else is found: right imports pass', () => {
  const planted = WRONG.map(([rule, file]) => `${rule}: ${file}`)
  expect(found.filter(entry => !planted.includes(entry))).toEqual([])
})

function plant(file: string, text: string): void {
  mkdirSync(dirname(join(tree, file)), { recursive: true })
  writeFileSync(join(tree, file), text)
}

function violations(): string[] {
  const command = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const args = [command, '--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json', 'packages']
  const report = JSON.parse(execFileSync(process.execPath, args, { cwd: tree, encoding: 'utf8', maxBuffer: 1 << 26 }))
  const list: { rule: { name: string }; from: string }[] = report.summary.violations
  return list.map(({ rule, from }) => `${rule.name}: ${from}`)
}
