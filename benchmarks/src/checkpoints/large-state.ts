import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { BenchmarkOptions, FigureTable } from '../harness/benchmark.ts'
import { spread } from '../harness/compare.ts'
import { STATE_JOBS } from './state-jobs.ts'
import type { StateRun } from './state-process.ts'

/** A million keys that change at 100,000 a second, checkpointed to files; then the same state restored in a new process. */
export async function largeState({ quick, log }: BenchmarkOptions): Promise<FigureTable> {
  const keys = quick ? 100_000 : 1_000_000
  const first = 2 * keys
  const paced = PER_SECOND * (quick ? 3 : 30)
  const figures: { name: string; values: string[] }[] = []
  for (const kind of Object.keys(STATE_JOBS)) {
    const directory = await mkdtemp(join(tmpdir(), 'rtp-bench-state-'))
    try {
      const run = await stateRun(kind, keys, first, paced, directory)
      const restored = await stateRun(kind, keys, first, paced, directory)
      figures.push({ name: kind, values: figuresOf(run, restored, keys) })
      log(`checkpoints: ${kind}, ${keys} keys: ${run.cuts.length} cuts`)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }
  return {
    title: `checkpoints: ${keys.toLocaleString('en')} keys, ${PER_SECOND.toLocaleString('en')} records a second, each of another key`,
    columns: COLUMNS,
    figures,
    notes: [
      'a pause is what a cut computes while records wait, in CPU time of the process, its threads for garbage included: on cores of its own it is no longer than that',
      'the whole is swept while records come: no cut writes it at once. Stored are the whole, the changes since, and what a sweep under way has added',
      'restored by a new process from files: until the source is asked for the first record; its peak memory',
    ],
  }
}

const PER_SECOND = 100_000

const COLUMNS = [
  'cuts',
  'pause, CPU ms: median (max)',
  'MB a cut: median (max)',
  'MB stored: at the end (most)',
  'event loop, longest stall, ms',
  'bytes a key stored',
  'peak MB',
  'restored in s (CPU)',
  'peak MB at that',
]

function figuresOf(run: StateRun, restored: StateRun, keys: number): string[] {
  const pause = spread(run.cuts.map(({ pauseMs }) => pauseMs))
  const bytes = spread(run.cuts.map(cut => cut.bytes))
  return [
    String(run.cuts.length),
    `${pause.median.toFixed(1)} (${pause.max.toFixed(1)})`,
    `${megabytes(bytes.median)} (${megabytes(bytes.max)})`,
    `${megabytes(run.storedBytes)} (${megabytes(run.mostStoredBytes)})`,
    run.loopMs.toFixed(0),
    (run.storedBytes / keys).toFixed(0),
    run.peakRssMb.toFixed(0),
    `${(restored.startMs / 1000).toFixed(2)} (${(restored.startCpuMs / 1000).toFixed(2)})`,
    restored.peakRssMb.toFixed(0),
  ]
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}

async function stateRun(
  kind: string,
  keys: number,
  first: number,
  paced: number,
  directory: string,
): Promise<StateRun> {
  const program = fileURLToPath(new URL('./state-process.js', import.meta.url))
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, kind, String(keys), String(first), String(paced), String(PER_SECOND), directory],
    { maxBuffer: 64 * 1024 * 1024 },
  )
  return JSON.parse(stdout) as StateRun
}
