import type { Origin } from '../../src/batch/batch.ts'
import type { RestoredTask, TaskCheckpoint } from '../../src/checkpoint/checkpoint-store.ts'
import type { SinkWriter } from '../../src/connectors/sink.ts'
import {
  boundedOutOfOrderness,
  collect,
  count,
  type Late,
  max,
  memoryCheckpointStore,
  pipeline,
  sum,
  type WindowResult,
} from '../../src/index.ts'
import type { PhysicalPlan } from '../../src/plan/physical-plan.ts'
import { plan } from '../../src/plan/planner.ts'
import { Task } from '../../src/runtime/task.ts'
import type { Event, ModelOutput, ModelRecord, ModelSettings } from './window-model.ts'

interface Sums {
  readonly numbers: number[]
  readonly n: number
  readonly total: number
  readonly highest: number
}

/** One task of the window job, driven step by step: what the engine runs, without the loops around it. */
export class ModelTask {
  readonly outputs: ModelOutput[] = []
  readonly #settings: ModelSettings
  readonly #plan: PhysicalPlan
  readonly #sourceId: number
  readonly #origins: readonly Origin[]
  readonly #positions: number[]
  #task: Task
  /** What a checkpoint store would hold. */
  #stored: { readonly restored: RestoredTask; readonly outputs: number; readonly positions: readonly number[] }

  constructor(settings: ModelSettings) {
    this.#settings = settings
    this.#plan = windowJob(settings)
    this.#sourceId = this.#plan.sources[0]!.id
    this.#positions = Array.from({ length: settings.partitions }, () => 0)
    this.#origins = this.#positions.map((_, index) => ({ source: 'records', partition: `records/${index}`, index }))
    const restored = { task: '0', epoch: 1, sequence: 0, positions: new Map(), layout: undefined, snapshots: [] }
    this.#stored = { restored, outputs: 0, positions: [...this.#positions] }
    this.#task = this.#start()
  }

  /** Records of a partition that were read so far. */
  position(partition: number): number {
    return this.#positions[partition]!
  }

  feed(partition: number, records: readonly ModelRecord[]): void {
    const from = this.#positions[partition]!
    const next = from + records.length
    this.#positions[partition] = next
    const batch = {
      values: [...records],
      times: undefined,
      offsets: Float64Array.from(records, (_, i) => from + i),
      size: records.length,
      bytes: records.length,
      next,
      badRecords: [],
    }
    this.#task.feed(this.#sourceId, this.#origins[partition]!, batch, 0)
  }

  happen(event: Exclude<Event, { readonly type: 'record' }>): void {
    if (event.type === 'idle') this.#task.markIdle(this.#sourceId, this.#origins[event.partition]!)
    else if (event.type === 'end') this.#task.end(this.#sourceId)
    else this.#task.quiet(Number.POSITIVE_INFINITY, new Set())
  }

  checkpoint(): void {
    const { sequence, positions, layout, snapshot, full }: TaskCheckpoint = this.#task.checkpoint()
    const { restored } = this.#stored
    const snapshots = full ? [snapshot] : [...restored.snapshots, snapshot]
    this.#stored = {
      restored: { ...restored, sequence, positions, layout, snapshots },
      outputs: this.outputs.length,
      positions: [...this.#positions],
    }
  }

  /** Throws the task away, with everything since the last checkpoint. */
  crash(): void {
    const { outputs, positions } = this.#stored
    this.outputs.length = outputs
    this.#positions.splice(0, positions.length, ...positions)
    this.#task = this.#start()
  }

  #start(): Task {
    const writers = new Map(this.#plan.sinks.map(({ id, name }) => [id, this.#sink(name)]))
    return new Task({
      plan: this.#plan,
      restored: this.#stored.restored,
      layout: { mode: 'single', partitions: { records: this.#settings.partitions } },
      origins: this.#origins,
      sinks: writers,
      checkOwner() {},
      now: () => 0,
      onWake() {},
    })
  }

  #sink(name: string) {
    const writer: SinkWriter<unknown> = {
      write: ({ values, size }) => {
        for (const value of values.slice(0, size)) {
          this.outputs.push(
            name === 'late'
              ? lateOutput(value as Late<ModelRecord>)
              : windowOutput(value as WindowResult<string, Sums>),
          )
        }
      },
      ready: () => undefined,
      seal: () => undefined,
      close: async () => {},
    }
    return { writer, metrics: { sink: name, records: 0, committed: 0, bytes: 0 } }
  }
}

function windowJob({ boundMs, sizeMs, offsetMs, latenessMs }: ModelSettings): PhysicalPlan {
  const job = pipeline('model')
  const never = { name: 'unused', rewrite: 'append' as const, open: () => Promise.reject(new Error('not opened')) }
  const windows = job
    .from([] as ModelRecord[], { name: 'records' })
    .withEventTime(({ time }) => time, boundedOutOfOrderness(boundMs))
    .keyBy(({ key }) => key)
    .tumblingWindow(sizeMs, { offset: offsetMs, allowedLateness: latenessMs, emitWhenQuiet: 1 })
    .aggregate({ numbers: collect(({ n }) => n), n: count(), total: sum(({ n }) => n), highest: max(({ n }) => n) })
  windows.sink(never, { name: 'windows' })
  windows.late().sink(never, { name: 'late' })
  return plan(job.name, job.graph.nodes, memoryCheckpointStore())
}

function windowOutput({ key, start, value, pane }: WindowResult<string | number, Sums>): ModelOutput {
  const { numbers, n, total, highest } = value
  // All aggregates of a window see the same records.
  const isOne = n === numbers.length && total === numbers.reduce((a, b) => a + b, 0) && highest === Math.max(...numbers)
  if (!isOne) throw new Error(`the aggregates of a window disagree: ${JSON.stringify(value)}`)
  return { key, start, numbers, pane }
}

function lateOutput({ value, lateByMs }: Late<ModelRecord>): ModelOutput {
  return { late: value.n, lateByMs }
}
