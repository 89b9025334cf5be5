import { writeFile } from 'node:fs/promises'
import { arch, cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { checkpoints } from './checkpoints/checkpoints.ts'
import { core } from './core/core.ts'
import { endToEnd } from './end-to-end/end-to-end.ts'
import type { Benchmark, Comparison, FigureTable } from './harness/benchmark.ts'
import { toTable } from './harness/print.ts'
import { kafka } from './kafka/kafka.ts'
import { repartition } from './repartition/repartition.ts'
import { scaleOut } from './scale-out/scale-out.ts'
import { semantics } from './semantics/semantics.ts'
import { sink } from './sink/sink.ts'

const BENCHMARKS: readonly Benchmark[] = [core, semantics, sink, kafka, repartition, checkpoints, scaleOut, endToEnd]

const USAGE = `pnpm bench [NAME ...] [--json FILE] [--quick]

Runs each benchmark and what it is compared with, in turn and several times, and prints medians with their spread.

${BENCHMARKS.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join('\n')}

  --json FILE  also writes the figures as JSON
  --quick      few records and rounds: shows that it works, not how fast it is
  --help       this text`

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return
  }
  const chosen = positionals.length === 0 ? BENCHMARKS : positionals.map(benchmarkNamed)
  const results: { name: string; comparisons: readonly (Comparison | FigureTable)[] }[] = []
  for (const benchmark of chosen) {
    const comparisons = await benchmark.run({ quick: values.quick, log: line => process.stderr.write(`${line}\n`) })
    for (const comparison of comparisons) console.log(`\n${toTable(comparison)}`)
    results.push({ name: benchmark.name, comparisons })
  }
  if (values.json !== undefined)
    await writeFile(values.json, `${JSON.stringify({ machine: machine(), quick: values.quick, results }, null, 2)}\n`)
}

function benchmarkNamed(name: string): Benchmark {
  const found = BENCHMARKS.find(benchmark => benchmark.name === name)
  if (found === undefined)
    throw new Error(`there is no benchmark "${name}"; there are ${BENCHMARKS.map(b => b.name).join(', ')}`)
  return found
}

function machine(): Readonly<Record<string, string | number>> {
  return {
    node: process.version,
    platform: `${process.platform} ${arch()}`,
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? '',
    memoryGb: Math.round(totalmem() / 1e9),
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
