import type { Checkpoint, CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import type { SealedOutput, Sink, SinkWriter } from '../connectors/sink.ts'
import { reachPoint } from '../crash-points.ts'
import { StreamError } from '../errors.ts'
import type { CheckpointMetrics, SinkMetrics } from '../metrics/job-metrics.ts'
import type { Clock } from '../time/clock.ts'
import type { Task } from './task.ts'

/** When to checkpoint; whichever comes first. */
export interface CheckpointTriggers {
  /** Wall-clock ms between checkpoints of a job that makes progress. Default 1000. */
  readonly intervalMs?: number
  /** Source records since the last one. Default 50,000. */
  readonly records?: number
  /** Source bytes since the last one. Default 16 MiB. */
  readonly bytes?: number
}

export interface OpenSink {
  readonly sink: Sink<unknown>
  readonly writer: SinkWriter<unknown>
  readonly metrics: SinkMetrics
}

export interface CheckpointerOptions {
  readonly job: string
  readonly store: CheckpointStore
  readonly tasks: readonly Task[]
  readonly sinks: readonly OpenSink[]
  readonly triggers: CheckpointTriggers
  readonly clock: Clock
  readonly metrics: CheckpointMetrics
  /** Called once, when a commit failed: the job cannot go on. */
  readonly onFailure: (error: unknown) => void
}

/**
 * Takes checkpoints: cuts all tasks and sinks of the process at one moment, between two batches, and commits the cut while the tasks go on with
 * the next one. At most one commit is under way; when the next cut is due before it is done, the tasks wait. That bounds memory to two cuts.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions
  readonly #limits: Required<CheckpointTriggers>
  #records = 0
  #bytes = 0
  #due = false
  /** Resolves when the commit under way is done, well or not. */
  #underWay: Promise<void> | undefined
  /** The cut that is due and waits for the commit before it or for calls under way. */
  #nextCut: Promise<void> | undefined
  /** Set while tasks must not feed: a cut is due, and waits for the commit before it or for calls under way. */
  #gate: Promise<void> | undefined
  #cancelTimer: () => void = () => {}
  #failed = false

  constructor(options: CheckpointerOptions) {
    this.#options = options
    const { intervalMs = 1_000, records = 50_000, bytes = 16 * 1024 * 1024 } = options.triggers
    this.#limits = { intervalMs, records, bytes }
  }

  start(): void {
    this.#cancelTimer = this.#options.clock.after(this.#limits.intervalMs, () => {
      this.request()
      this.start()
    })
  }

  /** Counts what was fed; a limit that is reached makes a checkpoint due. */
  count(records: number, bytes: number): void {
    this.#records += records
    this.#bytes += bytes
    if (!this.#isOverLimit()) return
    this.request()
    // The one that a timer asked for may be waiting for the commit before it; what bounds memory now waits with it.
    this.#gate ??= this.#nextCut
  }

  /** Undefined while tasks may feed. */
  get gate(): Promise<void> | undefined {
    return this.#gate
  }

  /** Makes a checkpoint due: cut at once when nothing is in the way, else as soon as it is out of the way. */
  request(): void {
    if (this.#due || this.#failed || !this.#hasMoved()) return
    this.#due = true
    if (this.#underWay === undefined && this.#isDrained()) {
      this.#cut()
      return
    }
    if (this.#failed) return
    this.#nextCut = this.#cutWhenPossible().catch(error => this.#fail(error))
    // A timer's checkpoint can wait for the commit before it without stopping anyone; one that bounds memory cannot.
    if (this.#isOverLimit() || this.#underWay === undefined) this.#gate = this.#nextCut
  }

  /** Cuts and commits everything that there is, and waits for it. `beforeCut` may add to it, once no call is under way. */
  async finish(beforeCut: () => void): Promise<void> {
    this.stop()
    // One that is due and neither gated nor under way is about to be cut, in this turn of the event loop.
    for (let busy = this.#busy(); busy !== undefined; busy = this.#busy()) await busy
    for (const task of this.#options.tasks) {
      for (let drained = task.drain(); drained !== undefined; drained = task.drain()) await drained
    }
    if (this.#failed) return
    beforeCut()
    if (this.#failed || !this.#hasMoved()) return
    reachPoint('last-checkpoint-due')
    this.#cut()
    await this.#underWay
  }

  /** No further checkpoint by time. */
  stop(): void {
    this.#cancelTimer()
  }

  /** Waits until no commit is under way. */
  async settle(): Promise<void> {
    this.stop()
    this.#failed = true
    await this.#underWay
  }

  async #cutWhenPossible(): Promise<void> {
    await this.#underWay
    // While it waits for calls under way, nothing new may be fed, or it would wait for ever.
    const drained = this.#drainAll()
    this.#gate ??= drained
    await drained
    this.#gate = undefined
    this.#nextCut = undefined
    if (this.#failed) this.#due = false
    else this.#cut()
  }

  #cut(): void {
    try {
      this.#underWay = this.#seal()
    } catch (error) {
      // A timer may have asked for it, and has no one to throw to.
      this.#fail(error)
    }
  }

  #seal(): Promise<void> {
    const { job, tasks, sinks, store, clock, metrics } = this.#options
    const cutAt = clock.monotonic()
    const moved = tasks.filter(task => task.moved)
    const checkpoint: Checkpoint = { job, tasks: moved.map(task => task.checkpoint()) }
    const parts = sinks.flatMap(sink => {
      const output = sink.writer.seal()
      return output === undefined
        ? []
        : [{ sink, output, joins: store.scope !== undefined && sink.sink.scope === store.scope }]
    })
    this.#records = 0
    this.#bytes = 0
    this.#due = false
    metrics.lastPauseMs = clock.monotonic() - cutAt
    reachPoint('checkpoint-cut')
    return this.#commit(checkpoint, parts)
  }

  async #commit(
    checkpoint: Checkpoint,
    parts: readonly { sink: OpenSink; output: SealedOutput; joins: boolean }[],
  ): Promise<void> {
    const { store, clock, metrics } = this.#options
    const startedAt = clock.monotonic()
    metrics.inProgress = true
    try {
      // What is not in the store's transaction must be durable before positions move past it.
      const apart = parts.filter(part => !part.joins)
      await Promise.all(apart.map(part => part.output.flush()))
      if (apart.length > 0) reachPoint('sinks-flushed')
      await store.commit(
        checkpoint,
        parts.filter(part => part.joins).map(part => part.output),
      )
      reachPoint('checkpoint-committed')
      for (const { sink, output } of parts) {
        sink.metrics.committed += output.records
        sink.metrics.bytes += output.bytes
      }
      metrics.completed++
      metrics.lastStateBytes = checkpoint.tasks.reduce((sum, { snapshot }) => sum + snapshot.length, 0)
      metrics.lastFull = checkpoint.tasks.every(({ needs }) => needs === 0)
      metrics.lastDurationMs = clock.monotonic() - startedAt
      metrics.lastCompletedAt = clock.now()
    } catch (error) {
      this.#fail(error)
    } finally {
      metrics.inProgress = false
      this.#underWay = undefined
    }
  }

  #isOverLimit(): boolean {
    return this.#records >= this.#limits.records || this.#bytes >= this.#limits.bytes
  }

  #busy(): Promise<void> | undefined {
    return this.#gate ?? this.#underWay ?? (this.#due ? Promise.resolve() : undefined)
  }

  #fail(error: unknown): void {
    const { metrics, onFailure } = this.#options
    metrics.failed++
    if (error instanceof StreamError && error.code === 'FENCED') metrics.fenced++
    this.#failed = true
    this.#due = false
    this.#gate = undefined
    this.#nextCut = undefined
    this.stop()
    onFailure(error)
  }

  #hasMoved(): boolean {
    return this.#options.tasks.some(task => task.moved)
  }

  #isDrained(): boolean {
    try {
      return this.#drained() === undefined
    } catch (error) {
      // A call of a user's function has failed. A timer may have asked, and has no one to throw to.
      this.#fail(error)
      return false
    }
  }

  #drained(): Promise<void> | undefined {
    for (const task of this.#options.tasks) {
      const drained = task.drainForSnapshot()
      if (drained !== undefined) return drained
    }
    return undefined
  }

  async #drainAll(): Promise<void> {
    for (let drained = this.#drained(); drained !== undefined; drained = this.#drained()) await drained
  }
}
