import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from './turbo.mjs'
import { workspacePackages } from './workspace-packages.mjs'

const COUNTS = {
  properties: ['RTP_PROPERTY_RUNS', '100000', 'cases of a property'],
  sequences: ['RTP_MODEL_SEQUENCES', '20000', 'sequences of a model'],
  simulations: ['RTP_SIMULATIONS', '100000', 'runs in the simulated world'],
  'take-overs': ['RTP_TAKE_OVERS', '2000', 'take-overs of a task whose owner does not know'],
  'database-kills': ['RTP_DATABASE_KILLS', '50', 'kill -9 of a database'],
  'network-faults': ['RTP_NETWORK_FAULTS', '64', 'faults of the networks between a job and its servers'],
  crashes: ['RTP_CRASHES_PER_POINT', '20', 'crashes of a job at each named point'],
  'group-kills': ['RTP_GROUP_KILLS', '20', 'kill -9 of a process of a group that reads two topics'],
  'repartition-kills': ['RTP_REPARTITION_KILLS', '20', 'kill -9 of each half of a job with a repartition topic'],
  'thread-kills': ['RTP_THREAD_KILLS', '20', 'kill -9 of a process while threads of it work'],
  'thread-deaths': ['RTP_THREAD_DEATHS', '20', 'deaths of a thread alone'],
}
const LAYERS = ['tests', 'oracle', 'chaos', 'soak', 'planted-bugs']
const CHAOS =
  '--kills 500 --pauses 100 --db-kills 50 --broker-kills 20 --failpoints 20 --network-faults 64 --processes 3'

/** The tests that can do more than `pnpm test` has time for, and the programs that hurt the whole; prints what became of each. Takes hours. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h' },
    layers: { type: 'string', default: LAYERS.join(',') },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    ...Object.fromEntries(
      Object.entries(COUNTS).map(([name, [, usual]]) => [name, { type: 'string', default: usual }]),
    ),
  },
})

const USAGE = `pnpm test:full [options] [FILTER ...]

  --layers LIST   of ${LAYERS.join(', ')}. Default: all
  --seed N        of everything that is random; the same seed gives the same cases again. Default: a random one, printed
${Object.entries(COUNTS)
  .map(([name, [, usual, what]]) => `  --${`${name} N`.padEnd(22)}${what}. Default ${usual}`)
  .join('\n')}

tests         properties, models, simulations, take-overs and crashes of a database, as often as said above. A FILTER is part of the path of a test file
oracle        the telemetry example with 1,000,000 rows, three times, each compared with its input
chaos         pnpm chaos ${CHAOS}
soak          pnpm soak: ten minutes at 80 % load
planted-bugs  every planted bug is found by a test`

const { seed } = values
const layers = values.layers.split(',')
const unknown = layers.filter(layer => !LAYERS.includes(layer))
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no layer ${unknown.join(', ')}; there are ${LAYERS.join(', ')}.`)
  console.log(USAGE)
  process.exit(values.help ? 0 : 2)
}

const results = []
if (layers.includes('tests')) for (const { name, folder } of workspacePackages()) await countedTests(name, folder)
if (positionals.length === 0) {
  if (layers.includes('oracle'))
    for (let run = 1; run <= 3; run++) await step(`oracle, run ${run}`, pnpm('example:telemetry', '--no-dashboard'))
  if (layers.includes('chaos')) await step('chaos', pnpm('chaos', ...CHAOS.split(' '), '--seed', seed))
  if (layers.includes('soak')) await step('soak', pnpm('soak'))
  if (layers.includes('planted-bugs')) await step('planted bugs', pnpm('planted-bugs'))
}

console.log(`\nseed ${seed}`)
for (const { what, code, seconds } of results)
  console.log(`${code === 0 ? 'passed' : 'FAILED'}  ${what} (${seconds.toFixed(0)} s)`)
process.exitCode = results.length === 0 || results.some(({ code }) => code !== 0) ? 1 : 0

/** Runs the tests of a package whose counts are ours to set. A property of 100,000 cases takes minutes, so nothing limits the time of a test. */
async function countedTests(name, folder) {
  const files = testsWith(folder, /\bfc\.assert\(|runs\.preset\.ts'|\bSCRIPTS\b/).filter(
    file => positionals.length === 0 || positionals.some(part => file.includes(part)),
  )
  if (files.length === 0) return
  const env = { RTP_SEED: seed }
  for (const [option, [variable]] of Object.entries(COUNTS)) env[variable] = values[option]
  const args = ['vitest', 'run', '--testTimeout=0', '--reporter=verbose', ...files]
  await step(`${name}, ${files.length} files`, { program: 'npx', args, cwd: folder, env })
}

/** Test files below the package whose text has the pattern, relative to it. */
function testsWith(folder, pattern) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.test.ts') && !entry.parentPath.includes('node_modules'))
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => pattern.test(readFileSync(path, 'utf8')))
    .map(path => relative(folder, path))
}

function pnpm(...args) {
  return { program: 'npx', args: ['-y', 'pnpm@10', ...args], cwd: ROOT, env: {} }
}

async function step(what, { program, args, cwd, env }) {
  console.log(`\n${what}, seed ${seed}: ${args.join(' ')}`)
  const begun = performance.now()
  const code = await new Promise((resolve, reject) => {
    spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: 'inherit',
      shell: process.platform === 'win32',
    })
      .on('error', reject)
      .on('close', code => resolve(code ?? 1))
  })
  results.push({ what, code, seconds: (performance.now() - begun) / 1_000 })
}
