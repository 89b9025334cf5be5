import { parseArgs } from 'node:util'
import { simulate } from '../../src/index.ts'
import { PIPELINES } from '../simulation/pipelines.ts'
import { runSeeds } from '../simulation/run-seeds.ts'

const USAGE = `pnpm simulate [--seeds N] [--from S] [--seconds MAX] [--pipeline NAME]
pnpm simulate --seed S --pipeline NAME

Runs pipelines in a simulated world with faults, a seed a run, and exits 1 at the first run that goes wrong. With --seed, prints what happens in that run.

  --seeds N        runs. Default 2,000
  --from S         the first seed. Default 1
  --seconds MAX    ends after so much time
  --pipeline NAME  this one alone: ${Object.keys(PIPELINES).join(', ')}`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    seconds: { type: 'string', default: 'Infinity' },
    seed: { type: 'string' },
    pipeline: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})
const names = values.pipeline === undefined ? Object.keys(PIPELINES) : [values.pipeline]

if (values.help || names.some(name => !(name in PIPELINES))) {
  console.log(USAGE)
  process.exitCode = values.help ? 0 : 2
} else if (values.seed !== undefined) {
  for (const name of names) {
    const { problem, trace, end, hash } = await simulate({ ...PIPELINES[name]!, seed: Number(values.seed) })
    console.log(trace.join('\n'))
    console.log(`${name}, seed ${values.seed}: ${problem ?? `right, the job has ${end}`} (trace ${hash})`)
    if (problem !== undefined) process.exitCode = 1
  }
} else {
  const { seeds, from, seconds } = values
  const startedAt = performance.now()
  const { runs, failure, faults, stopped } = await runSeeds({
    from: Number(from),
    seeds: Number(seeds),
    seconds: Number(seconds),
    names,
  })
  console.log(
    `${runs} runs in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s, ${stopped} of them stopped because records were lost`,
  )
  console.log(`faults: ${[...faults].map(([kind, count]) => `${kind} ${count}`).join(', ')}`)
  console.log(failure ?? 'no row lost, doubled or wrong')
  if (failure !== undefined) process.exitCode = 1
}
