import type { Origin } from '../../src/batch/batch.ts'
import type { RestoredTask, TaskCheckpoint } from '../../src/checkpoint/checkpoint-store.ts'
import type { SinkWriter } from '../../src/connectors/sink.ts'
import type { Pipeline } from '../../src/dsl/pipeline.ts'
import { memoryCheckpointStore } from '../../src/index.ts'
import type { PhysicalPlan } from '../../src/plan/physical-plan.ts'
import { plan } from '../../src/plan/planner.ts'
import type { ChainLimits } from '../../src/runtime/snapshot-chain.ts'
import { Task } from '../../src/runtime/task.ts'
import type { Event, ModelRecord } from './window-model.ts'

/** One task of a job that reads `records`, driven step by step: what the engine runs, without the loops around it. */
export class ModelTask<Out> {
  readonly outputs: Out[] = []
  readonly #outputOf: (sink: string, value: unknown) => Out
  readonly #plan: PhysicalPlan
  readonly #sourceId: number
  readonly #origins: readonly Origin[]
  readonly #positions: number[]
  #task: Task
  /** What a checkpoint store would hold. */
  #stored: { readonly restored: RestoredTask; readonly outputs: number; readonly positions: readonly number[] }

  /** `outputOf` makes what is compared of a value that reaches the sink of this name. */
  constructor(job: Pipeline, partitions: number, outputOf: (sink: string, value: unknown) => Out) {
    this.#outputOf = outputOf
    this.#plan = plan(job.name, job.graph.nodes, memoryCheckpointStore())
    this.#sourceId = this.#plan.sources[0]!.id
    this.#positions = Array.from({ length: partitions }, () => 0)
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
    const { sequence, positions, layout, snapshot, needs }: TaskCheckpoint = this.#task.checkpoint()
    const { restored } = this.#stored
    const snapshots = [...restored.snapshots.slice(restored.snapshots.length - needs), snapshot]
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
    return new Task(this.#stored.restored, {
      plan: this.#plan,
      chain: SMALL_CHAINS,
      layout: { mode: 'single', partitions: { records: this.#positions.length } },
      origins: this.#origins,
      sinks: writers,
      checkOwner() {},
      clock: { now: () => 0, monotonic: () => 0 },
      onWake() {},
    })
  }

  #sink(name: string) {
    const writer: SinkWriter<unknown> = {
      write: ({ values, size }) => {
        for (const value of values.slice(0, size)) this.outputs.push(this.#outputOf(name, value))
      },
      ready: () => undefined,
      seal: () => undefined,
      close: async () => {},
    }
    return { writer, metrics: { sink: name, records: 0, committed: 0, bytes: 0 } }
  }
}

/** Chains of a few entries begin anew as those of a million do: as a whole while they are small, then by sweeps that go on from checkpoint to checkpoint. */
const SMALL_CHAINS: ChainLimits = {
  smallChainBytes: 100,
  longestChain: 20,
  smallStateBytes: 300,
  sliceBytes: 20,
  mostAtOnceBytes: 60,
  leastBytesPerRecord: 10,
  pieceBytes: 20,
  firstEntries: 1,
}
