import type { Origin } from '../batch/batch.ts'
import type { CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import type { PartitionReader, SourceSession } from '../connectors/source.ts'
import { reachPoint } from '../crash-points.ts'
import { StreamError } from '../errors.ts'
import type { SourceNode } from '../graph/node.ts'
import type { CheckpointMetrics, PartitionMetrics, SinkMetrics } from '../metrics/job-metrics.ts'
import type { Logger } from '../metrics/logger.ts'
import type { PhysicalPlan } from '../plan/physical-plan.ts'
import type { Key } from '../state/key.ts'
import type { Clock } from '../time/clock.ts'
import { type AlignedPartition, Alignment } from './alignment.ts'
import { assignedTasks, layoutOf } from './assigned-tasks.ts'
import { Checkpointer, type CheckpointTriggers, type OpenSink } from './checkpointer.ts'
import { TimeSlice } from './event-loop.ts'
import type { LayoutCheck } from './layout-check.ts'
import { PartitionLoop } from './partition-loop.ts'
import { ProcessingTimer } from './processing-timer.ts'
import { QuietWatch } from './quiet-watch.ts'
import { StateEvolution, type StateEvolutionOptions } from './state-evolution.ts'
import { positionKey, Task, type TimeStep } from './task.ts'
import { timeStepsAbove, type WhyAnswer, type WhyQuestion, whyText } from './why.ts'

export interface AttemptOptions {
  readonly plan: PhysicalPlan
  readonly store: CheckpointStore
  readonly triggers: CheckpointTriggers
  readonly evolution: StateEvolutionOptions
  readonly layoutCheck: LayoutCheck
  readonly sessions: ReadonlyMap<number, SourceSession<unknown>>
  readonly clock: Clock
  readonly logger: Logger
  /** Aborted when the job is cancelled. */
  readonly signal: AbortSignal
  readonly checkpointMetrics: CheckpointMetrics
  /** Counters that outlive the attempt, by sink's node id. */
  readonly sinkMetrics: ReadonlyMap<number, SinkMetrics>
  /** Counters that outlive the attempt, by partition. */
  readonly partitionMetrics: Map<string, PartitionMetrics>
}

/**
 * One run of the tasks that the process owns, from their last checkpoint until the input ends, the job stops, the assignment changes or something
 * fails. What fails ends the whole attempt: tasks of a process commit together, so they also go back together.
 */
export class Attempt {
  readonly #options: AttemptOptions
  readonly #alignment = new Alignment()
  #tasks: readonly Task[] = []
  #loops: readonly PartitionLoop[] = []
  #sinks: OpenSink[] = []
  #checkpointer: Checkpointer | undefined
  #quiet: QuietWatch | undefined
  #timer: ProcessingTimer | undefined
  /** For operators that wait for calls: they must be told that a call's time is over also while it is what everybody waits for. */
  #callTimer: ProcessingTimer | undefined
  #failure: { readonly error: unknown } | undefined
  #onFailure: (error: unknown) => void = () => {}
  /** Rejects with the failure. */
  readonly #failed = new Promise<never>((_, reject) => {
    this.#onFailure = reject
  })
  #stopping = false
  /** True while the sources are assigned different partitions. */
  #isIncomplete = false
  #onRelease: () => void = () => {}

  constructor(options: AttemptOptions) {
    this.#options = options
    // Whoever runs the attempt gets the error; before that, it must not count as unhandled.
    this.#failed.catch(() => {})
  }

  get tasks(): readonly Task[] {
    return this.#tasks
  }

  /** Runs until the end, a stop or a failure. Resolves to whether the input has ended; throws the failure. */
  async run(onRunning: () => void): Promise<'ended' | 'stopped'> {
    const { clock } = this.#options
    try {
      await this.#open()
      this.#quiet = new QuietWatch(clock, this.#tasks, this.#loops)
      this.#quiet.start()
      const onFailure = (error: unknown): void => this.fail(error)
      this.#timer = new ProcessingTimer(clock, 'steps', this.#tasks, () => this.#admission(), onFailure)
      this.#callTimer = new ProcessingTimer(clock, 'calls', this.#tasks, () => undefined, onFailure)
      // State that was restored may wait for a time.
      this.#arm()
      this.#checkpointer!.start()
      onRunning()
      const slice = new TimeSlice(clock)
      const loops = Promise.all([...this.#loops.map(loop => loop.run(slice)), this.#waitForAssignment()])
      // A loop may be waiting for a sink that will never have room again; a failure ends the attempt all the same.
      await Promise.race([loops, this.#failed])
      this.#throwFailure()
      this.#timer.stop()
      await this.#checkpointer!.finish(() => {
        if (!this.#stopping) this.#closePaused()
      })
      this.#throwFailure()
      return this.#stopping ? 'stopped' : 'ended'
    } catch (error) {
      this.fail(error)
      throw this.#failure!.error
    } finally {
      await this.#close()
    }
  }

  /** Stops reading; what was read is processed and committed. */
  stop(): void {
    this.#stopping = true
    this.#closeReaders()
  }

  /** Ends the attempt with an error; nothing more is committed. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = { error }
    this.#onFailure(error)
    this.#closeReaders()
  }

  /** What an operator waits for; undefined when there is no such operator. */
  why(question: WhyQuestion): WhyAnswer | undefined {
    const { plan, clock } = this.#options
    const node = plan.operators.find(({ name }) => name === question.operator)
    if (node === undefined) return undefined
    const tasks = this.#tasks.flatMap(task => {
      const answer = task.operator(node.name)?.inspect?.(question)
      return answer === undefined ? [] : [{ ...answer, task: task.name }]
    })
    const steps = timeStepsAbove(plan.nodes, node)
    const partitions = this.#loops.flatMap(loop => loop.progressIn(steps))
    return { text: whyText(question, tasks, partitions, clock.now()), tasks, partitions }
  }

  requestCheckpoint(): void {
    this.#checkpointer?.request()
  }

  async #open(): Promise<void> {
    const { plan, store, triggers, clock, logger, checkpointMetrics, sessions } = this.#options
    const layout = layoutOf(plan, sessions)
    const { tasks: assigned, incomplete } = assignedTasks(plan, sessions)
    this.#isIncomplete = incomplete.length > 0
    if (this.#isIncomplete) {
      logger.warn('partitions are not read because those of other sources with the same number are not assigned', {
        job: plan.name,
        partitions: incomplete.map(({ partition }) => partition).join(', '),
      })
    }
    const evolution = new StateEvolution(this.#options.evolution)
    await this.#options.layoutCheck.checkKept(store, layout, evolution)
    reachPoint('sources-opened')
    const restored = await store.acquire([...assigned.keys()])
    reachPoint('tasks-taken')
    this.#options.layoutCheck.check(restored, layout, evolution)
    await this.#openSinks()
    reachPoint('sinks-opened')
    const sinks = new Map(plan.sinks.map((node, i) => [node.id, this.#sinks[i]!]))
    this.#tasks = restored.map(
      task =>
        new Task(task, {
          plan,
          evolution,
          layout,
          origins: assigned.get(task.task)!,
          sinks,
          checkOwner: this.#ownerCheck(task.task, sessions),
          clock,
          onWake: waking => this.#onWake(waking),
        }),
    )
    this.#logEvolution(evolution)
    reachPoint('state-restored')
    this.#loops = await this.#openReaders()
    reachPoint('sources-positioned')
    this.#checkpointer = new Checkpointer({
      job: plan.name,
      store,
      tasks: this.#tasks,
      sinks: this.#sinks,
      triggers,
      clock,
      metrics: checkpointMetrics,
      onFailure: error => this.fail(error),
    })
  }

  #logEvolution({ dropped, renamed }: StateEvolution): void {
    const { logger, plan } = this.#options
    for (const [operator, bytes] of dropped)
      logger.warn('state of a step that the pipeline no longer has was dropped', { job: plan.name, operator, bytes })
    for (const [operator, bytes] of renamed)
      logger.info('state was restored under the new name of its step', { job: plan.name, operator, bytes })
  }

  async #openSinks(): Promise<void> {
    const { plan, signal, clock, logger, sinkMetrics } = this.#options
    for (const { id, name, sink } of plan.sinks) {
      const writer = await sink.open({ job: plan.name, name, signal, clock, logger })
      this.#sinks.push({ sink, writer, metrics: sinkMetrics.get(id)! })
    }
  }

  async #openReaders(): Promise<PartitionLoop[]> {
    const loops: PartitionLoop[] = []
    for (const task of this.#tasks) {
      for (const origin of task.origins) {
        const node = this.#options.plan.sources.find(({ name }) => name === origin.source)!
        const reader = await this.#options.sessions.get(node.id)!.read(origin.index, task.position(origin))
        loops.push(this.#loop(task, node, origin, reader))
      }
    }
    return loops
  }

  #loop(task: Task, node: SourceNode, origin: Origin, reader: PartitionReader<unknown>): PartitionLoop {
    const { partitionMetrics, clock, plan } = this.#options
    const key = positionKey(origin)
    const known = partitionMetrics.get(key)
    const steps = task.timeSteps(origin)
    const aligned = this.#align(steps, () => loop.ended)
    const metrics: PartitionMetrics = {
      records: known?.records ?? 0,
      bytes: known?.bytes ?? 0,
      badRecords: known?.badRecords ?? 0,
      lastRecordAt: known?.lastRecordAt,
      source: origin.source,
      partition: origin.partition,
      index: origin.index,
      task: task.name,
      position: reader.start,
      lag: undefined,
      get watermark() {
        return steps[0]?.progress().watermark
      },
      get idle() {
        return steps[0]?.progress().idle ?? false
      },
      waitsForAlignment: false,
    }
    partitionMetrics.set(key, metrics)
    const idleAfterMs = Math.min(...plan.operators.map(({ spec }) => spec.idleAfterMs ?? Number.POSITIVE_INFINITY))
    const loop: PartitionLoop = new PartitionLoop({
      task,
      node,
      origin,
      reader,
      metrics,
      clock,
      idleAfterMs,
      admission: () => this.#admission(),
      hold: () => (aligned === undefined ? undefined : this.#alignment.hold(aligned)),
      onFed: (records, bytes) => {
        this.#checkpointer!.count(records, bytes)
        this.#arm()
        this.#alignment.changed()
      },
      onReleased: () => this.#alignment.changed(),
      isLastOfSource: loop =>
        !this.#loops.some(other => other !== loop && other.sharesSourceWith(loop) && !other.ended),
    })
    return loop
  }

  /** At most one step upstream of which a partition is aligned: the plan has seen to that. */
  #align(steps: readonly TimeStep[], ended: () => boolean): AlignedPartition | undefined {
    const step = steps.find(({ spec }) => spec.alignment !== undefined)
    if (step === undefined) return undefined
    const aligned = { alignment: step.spec.alignment!, ended, progress: step.progress }
    this.#alignment.add(aligned)
    return aligned
  }

  #arm(): void {
    this.#timer?.arm()
    this.#callTimer?.arm()
  }

  #onWake(task: Task): void {
    this.#callTimer?.arm()
    try {
      task.check()
    } catch (error) {
      this.fail(error)
    }
  }

  /** Undefined while more may be fed; else something to wait for before asking again. */
  #admission(): Promise<void> | undefined {
    this.#throwFailure()
    const gate = this.#checkpointer!.gate
    if (gate !== undefined) return gate
    for (const task of this.#tasks) {
      const ready = task.ready()
      if (ready !== undefined) return ready
    }
    for (const { writer } of this.#sinks) {
      const ready = writer.ready()
      if (ready === undefined) continue
      // What is not committed may be what fills the sink: then the way to make room is to commit.
      this.#checkpointer!.request()
      return ready
    }
    return undefined
  }

  #ownerCheck(task: string, sessions: ReadonlyMap<number, SourceSession<unknown>>): (key: Key) => void {
    const { plan } = this.#options
    if (plan.tasks.mode === 'single') return () => {}
    const session = plan.sources
      .map(node => sessions.get(node.id)!)
      .find(({ partitionOf }) => partitionOf !== undefined)
    if (session === undefined) return () => {}
    return key => {
      const owner = session.partitionOf!(key)
      if (String(owner) === task) return
      throw new StreamError(
        'KEY_NOT_PARTITIONED',
        `keyBy() is declared to use the partition key, but a record of partition ${task} has a key that the source's partitioner puts into partition ${owner}. Counts would be wrong. Leave partitionKey out, write records with this key as the message key, or write the stream through a repartition topic (repartition() of @rtp/kafka).`,
      )
    }
  }

  /** The source has paused, not ended: whoever waits for more by the wall clock is told that none will come. */
  #closePaused(): void {
    for (const task of this.#tasks) {
      const paused = this.#loops.some(loop => loop.belongsTo(task) && loop.paused)
      if (paused) task.quiet(Number.POSITIVE_INFINITY, new Set())
    }
  }

  /** A process that owns no partition of a source that never ends, or not yet of every source, has nothing to do, but may be given one. */
  async #waitForAssignment(): Promise<void> {
    const { plan } = this.#options
    const isDone = !this.#isIncomplete && plan.sources.every(({ source }) => source.bounded)
    if (this.#loops.length > 0 || this.#stopping || isDone) return
    await new Promise<void>(resolve => {
      this.#onRelease = resolve
    })
  }

  #closeReaders(): void {
    this.#onRelease()
    for (const loop of this.#loops) loop.close()
  }

  async #close(): Promise<void> {
    this.#quiet?.stop()
    this.#timer?.stop()
    this.#callTimer?.stop()
    for (const task of this.#tasks) task.close()
    await this.#checkpointer?.settle()
    await Promise.all(this.#loops.map(loop => loop.closed()))
    for (const { writer } of this.#sinks) await writer.close()
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
    this.#options.signal.throwIfAborted()
  }
}
