import type { Runnable } from '@rtp/stream-core'
import type { Sink, Source } from '@rtp/stream-core/extend'
import type { FaultKind } from './faults.ts'
import { Random } from './random.ts'
import type { SimulatedRecord } from './simulated-log.ts'
import type { SimulatedSinkOptions } from './simulated-sink.ts'
import { World } from './world.ts'

/** Records by topic and partition. */
export type SimulationInput = { readonly [topic: string]: readonly (readonly SimulatedRecord[])[] }

export interface SimulationOptions {
  /** Decides everything: the input, the order of events and the faults. */
  readonly seed: number
  /** The records of each topic, drawn by chance. */
  readonly input: (random: Random) => SimulationInput
  /** Makes the pipeline, anew for each process that starts. Its functions must depend on their input alone. */
  readonly build: (world: SimulatedWorld) => Runnable
  /** What tables must hold at the end, in any order. Those not named are compared with a run of the same pipeline without faults. */
  readonly expected?: (input: SimulationInput) => { readonly [table: string]: readonly unknown[] }
  /** Processes at most that share the job; 1 for a pipeline of a single task. Default 3. */
  readonly mostProcesses?: number
  readonly faults?: {
    /** Faults at most. Default 12. */
    readonly most?: number
    /** Default: every kind. */
    readonly kinds?: readonly FaultKind[]
  }
  /** Steps after which the job counts as one that does not come to an end. Default 50,000. */
  readonly mostSteps?: number
}

/** What a simulated process can reach. */
export interface SimulatedWorld {
  /** A topic of the input. The step that reads it must keep its name. */
  source<T>(topic: string): Source<T>
  /** A table. Rows are compared by their JSON text. */
  sink<T>(table: string, options?: SimulatedSinkOptions<T>): Sink<T>
  /** A call of a service, which takes time and may fail: for `mapAsync`. */
  call<R>(label: string, work: () => R): Promise<R>
}

export interface SimulationResult {
  readonly seed: number
  /** What was wrong; undefined when nothing was. */
  readonly problem: string | undefined
  /** 'stopped': the log had lost records, and the job refused to go on, as it must. */
  readonly end: 'finished' | 'stopped'
  /** How often each fault happened. */
  readonly faults: ReadonlyMap<FaultKind, number>
  /** What happened, a line each. */
  readonly trace: readonly string[]
  /** Equal for two runs if, and only if, the same happened in both. */
  readonly hash: string
}

/**
 * Runs a pipeline in a simulated world: the real engine, on simulated processes that share a simulated log, consumer group and database, with
 * faults at its calls to them. Single-threaded and without real time, so that a seed is one run, always the same.
 *
 * Wrong is: a table that does not hold what it must, a write by a process that has been fenced, a position that goes back, more than two cuts in
 * memory, a job that never ends, fails or goes on beyond its end.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const input = options.input(new Random(options.seed, 'input'))
  const calm = new World(options, input, false)
  await calm.run()
  const world = new World(options, input, true)
  const end = await world.run()
  const { trace } = world.scheduler
  return {
    seed: options.seed,
    problem:
      calm.problem === undefined
        ? (world.problem ?? wrongRows(options, input, calm, world, end))
        : `without faults: ${calm.problem}`,
    end,
    faults: world.faults.counts,
    trace,
    hash: hashOf(trace),
  }
}

function wrongRows(
  options: SimulationOptions,
  input: SimulationInput,
  calm: World,
  world: World,
  end: SimulationResult['end'],
): string | undefined {
  const expected = calm.database.tables()
  for (const [table, rows] of Object.entries(options.expected?.(input) ?? {})) {
    expected.set(
      table,
      rows.map(row => JSON.stringify(row)),
    )
  }
  return end === 'stopped'
    ? surplus(expected, world.database.appended())
    : difference(expected, world.database.tables())
}

/** Where tables differ. */
function difference(expected: Tables, found: Tables): string | undefined {
  for (const table of new Set([...expected.keys(), ...found.keys()])) {
    const missing = without(expected.get(table) ?? [], found.get(table) ?? [])
    const extra = without(found.get(table) ?? [], expected.get(table) ?? [])
    if (missing.length + extra.length === 0) continue
    return `table "${table}": ${missing.length} rows are missing (${missing.slice(0, 3).join(' ')}), ${extra.length} should not be there (${extra.slice(0, 3).join(' ')})`
  }
  return undefined
}

/** A job that had to stop has written a part of the rows; those of a table addressed by key may be older ones. */
function surplus(expected: Tables, found: Tables): string | undefined {
  for (const [table, rows] of found) {
    const extra = without(rows, expected.get(table) ?? [])
    if (extra.length > 0)
      return `table "${table}": ${extra.length} rows should not be there (${extra.slice(0, 3).join(' ')})`
  }
  return undefined
}

type Tables = ReadonlyMap<string, readonly string[]>

/** The rows of one list that the other does not have, counted. */
function without(rows: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1)
  return rows.filter(row => {
    const count = left.get(row) ?? 0
    if (count > 0) left.set(row, count - 1)
    return count === 0
  })
}

/** FNV-1a, 32 bits, twice from different starts. */
function hashOf(lines: readonly string[]): string {
  let one = 0x811c9dc5
  let other = 0x01234567
  for (const line of lines) {
    for (let i = 0; i <= line.length; i++) {
      const code = i < line.length ? line.charCodeAt(i) : 10
      one = Math.imul(one ^ code, 0x01000193)
      other = Math.imul(other ^ code, 0x01000193)
    }
  }
  return [one, other].map(part => (part >>> 0).toString(16).padStart(8, '0')).join('')
}
