import type { CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import type { SourceSession } from '../connectors/source.ts'
import { reachPoint } from '../crash-points.ts'
import { messageOf, StreamError } from '../errors.ts'
import { inputsOf } from '../graph/graph.ts'
import { BAD_RECORDS_OUTPUT } from '../graph/node.ts'
import {
  type CheckpointMetrics,
  type JobMetrics,
  type JobState,
  noCheckpoints,
  type PartitionMetrics,
  type SinkMetrics,
} from '../metrics/job-metrics.ts'
import type { Logger } from '../metrics/logger.ts'
import { describePlan, type PlanDescription } from '../plan/describe-plan.ts'
import { explainPlan } from '../plan/explain.ts'
import type { Guarantee, PhysicalPlan } from '../plan/physical-plan.ts'
import type { Clock } from '../time/clock.ts'
import { Attempt } from './attempt.ts'
import type { CheckpointTriggers } from './checkpointer.ts'
import { FailureHistory } from './failure-history.ts'
import { LayoutCheck } from './layout-check.ts'
import { type RestartPolicy, restartDelayMs } from './restart-policy.ts'
import type { StateEvolutionOptions } from './state-evolution.ts'
import { positionKey } from './task.ts'
import type { WhyAnswer, WhyQuestion } from './why.ts'

export interface JobOptions {
  readonly store: CheckpointStore
  readonly triggers: CheckpointTriggers
  readonly evolution: StateEvolutionOptions
  readonly restart: RestartPolicy
  /** From 0 to 1, for the jitter of restarts. */
  readonly random: () => number
  readonly clock: Clock
  readonly logger: Logger
}

/** How a job ended. */
export interface JobResult {
  /** 'finished': the input ended; 'stopped': it was asked to. */
  readonly state: 'finished' | 'stopped'
  readonly metrics: JobMetrics
}

/** A running pipeline. */
export class Job {
  /** Resolves when the job has ended and everything is committed; rejects with what made it fail. */
  readonly done: Promise<JobResult>
  readonly #plan: PhysicalPlan
  readonly #options: JobOptions
  readonly #cancelled = new AbortController()
  readonly #sessions = new Map<number, SourceSession<unknown>>()
  readonly #partitionMetrics = new Map<string, PartitionMetrics>()
  readonly #sinkMetrics: ReadonlyMap<number, SinkMetrics>
  readonly #checkpointMetrics: CheckpointMetrics = noCheckpoints()
  readonly #layoutCheck: LayoutCheck
  readonly #startedAt: number
  #state: JobState = 'starting'
  #attempt: Attempt | undefined
  #stopRequested = false
  #isStoreOpen = false
  #restarts = 0
  readonly #failures = new FailureHistory()
  #taskCount: number | undefined
  #failure: unknown
  #wakeUp: () => void = () => {}

  constructor(plan: PhysicalPlan, options: JobOptions) {
    this.#plan = plan
    this.#options = options
    this.#startedAt = options.clock.now()
    this.#layoutCheck = new LayoutCheck(plan.name, options.logger)
    this.#sinkMetrics = new Map(
      plan.sinks.map(({ id, name }) => [id, { sink: name, records: 0, committed: 0, bytes: 0 }]),
    )
    this.done = this.#run()
  }

  get name(): string {
    return this.#plan.name
  }

  get state(): JobState {
    return this.#state
  }

  get guarantee(): Guarantee {
    return this.#plan.guarantee
  }

  /** Tasks of the whole job, those of other processes included; undefined until the sources have been opened. */
  get taskCount(): number | undefined {
    return this.#taskCount
  }

  /** What made the job fail, or the last attempt of one that is restarting. */
  get failure(): unknown {
    return this.#failure
  }

  explain(): string {
    return explainPlan(this.#plan)
  }

  /** What `explain()` says, as data for dashboards and checks; plain JSON. */
  plan(): PlanDescription {
    return describePlan(this.#plan)
  }

  /**
   * What a step waits for, e.g. `job.why({ operator: 'per-minute', key: 'pump-7', windowStart })`: the watermark that it needs, where that stands, which
   * source partition holds it back, and what to do. Of the tasks of this process; OPERATOR_UNKNOWN when there is no such step.
   */
  why(question: WhyQuestion): WhyAnswer {
    const names = this.#plan.operators.map(({ name }) => name)
    if (!names.includes(question.operator)) {
      throw new StreamError(
        'OPERATOR_UNKNOWN',
        `job "${this.name}" has no step "${question.operator}". Its steps are ${names.join(', ')}.`,
      )
    }
    const answer = this.#attempt?.why(question)
    if (answer !== undefined && (this.#state === 'running' || this.#state === 'stopping')) return answer
    return { text: `The job is ${this.#state}, so nothing is waited for.`, tasks: [], partitions: [] }
  }

  metrics(): JobMetrics {
    return {
      job: this.name,
      state: this.#state,
      startedAt: this.#startedAt,
      restarts: this.#restarts,
      failures: this.#failures.metrics(),
      sources: this.#owned().map(metrics => ({ ...metrics })),
      operators: (this.#attempt?.tasks ?? []).flatMap(task => task.operatorMetrics()),
      sinks: [...this.#sinkMetrics.values()].map(metrics => ({ ...metrics })),
      checkpoints: { ...this.#checkpointMetrics },
    }
  }

  /** Stops reading, processes and commits what was read, and ends. A later run goes on from there. */
  async stop(): Promise<JobResult> {
    this.#stopRequested = true
    if (this.#state === 'starting' || this.#state === 'running' || this.#state === 'restarting')
      this.#state = 'stopping'
    this.#attempt?.stop()
    this.#wakeUp()
    return this.done
  }

  /** Ends at once: what is not committed is given up, as after a crash. Does not throw. */
  async cancel(): Promise<void> {
    this.#stopRequested = true
    const reason = new StreamError('ABORTED', `job "${this.name}" was cancelled.`)
    this.#cancelled.abort(reason)
    this.#attempt?.fail(reason)
    this.#wakeUp()
    await this.done.catch(() => {})
  }

  /** Takes a checkpoint as soon as possible. */
  requestCheckpoint(): void {
    this.#attempt?.requestCheckpoint()
  }

  async #run(): Promise<JobResult> {
    const { store, clock } = this.#options
    // `run` has returned before anything happens, so that its caller can look at the job.
    await Promise.resolve()
    try {
      await this.#attempts()
      this.#state = this.#stopRequested ? 'stopped' : 'finished'
    } catch (error) {
      this.#failure = error
      this.#failures.add(error, clock.now(), undefined)
      this.#state = 'failed'
      throw error
    } finally {
      await this.#closeSessions()
      await store.close()
      this.#cancelled.abort(new StreamError('ABORTED', `job "${this.name}" has ended.`))
    }
    reachPoint('sources-closed')
    return { state: this.#state, metrics: this.metrics() }
  }

  /** Runs attempts until the input has ended, the job is stopped, or one fails for good. */
  async #attempts(): Promise<void> {
    const { logger, restart, random, clock } = this.#options
    for (let failures = 0; ; ) {
      const commitsBefore = this.#checkpointMetrics.completed
      try {
        if (await this.#attemptOnce()) return
      } catch (error) {
        if (this.#checkpointMetrics.completed > commitsBefore) failures = 0
        const delayMs =
          this.#cancelled.signal.aborted || this.#stopRequested
            ? undefined
            : restartDelayMs(restart, failures, error, random())
        if (delayMs === undefined) throw error
        failures++
        this.#failure = error
        this.#failures.add(error, clock.now(), delayMs)
        this.#restarts++
        this.#state = 'restarting'
        logger.warn('the job failed and starts again from its last checkpoint', {
          job: this.name,
          error: messageOf(error),
          attempt: failures,
          delayMs,
        })
        await this.#closeSessions()
        reachPoint('attempt-failed')
        await this.#sleep(delayMs)
      }
    }
  }

  /** True when there is nothing left to do; false when partitions were reassigned and the tasks must be taken anew. */
  async #attemptOnce(): Promise<boolean> {
    const { store, triggers, evolution, clock, logger } = this.#options
    if (!this.#stopRequested) await this.#openStore()
    if (this.#stopRequested) return true
    let reassigned = false
    this.#attempt = undefined
    await this.#openSessions(() => {
      reassigned = true
      this.#attempt?.stop()
    })
    const attempt = new Attempt({
      plan: this.#plan,
      store,
      triggers,
      evolution,
      layoutCheck: this.#layoutCheck,
      sessions: this.#sessions,
      clock,
      logger,
      signal: this.#cancelled.signal,
      checkpointMetrics: this.#checkpointMetrics,
      sinkMetrics: this.#sinkMetrics,
      partitionMetrics: this.#partitionMetrics,
    })
    this.#attempt = attempt
    try {
      const end = await attempt.run(() => {
        if (this.#state !== 'stopping') this.#state = 'running'
        // The job may have been asked to stop, or partitions may have moved, before there was anything to stop.
        if (this.#stopRequested || reassigned) attempt.stop()
      })
      const isDone = end === 'ended' || this.#stopRequested
      if (!isDone) reachPoint('tasks-released')
      return isDone
    } catch (error) {
      if (!(error instanceof StreamError && error.code === 'FENCED')) throw error
      // The new owner of a task fences the old one out: nothing is lost, the rest goes on with what is still assigned.
      if (reassigned) return false
      throw [...this.#sessions.values()].some(({ isGroupMember }) => isGroupMember) ? takingPartAgain(error) : error
    }
  }

  /** Part of an attempt, so that a job which starts while its database does not answer waits as one that runs. */
  async #openStore(): Promise<void> {
    if (this.#isStoreOpen) return
    await this.#options.store.open({ job: this.name, signal: this.#cancelled.signal })
    this.#isStoreOpen = true
  }

  async #openSessions(onAssignment: () => void): Promise<void> {
    const { clock, logger } = this.#options
    const opened: SourceSession<unknown>[] = []
    for (const { id, source } of this.#plan.sources) {
      if (this.#sessions.has(id)) continue
      const session = await source.open({
        job: this.name,
        signal: this.#cancelled.signal,
        clock,
        logger,
        shareable: this.#plan.tasks.mode === 'perPartition',
        keepBadRecords: this.#plan.nodes.some(node =>
          inputsOf(node).some(edge => edge.from === id && edge.output === BAD_RECORDS_OUTPUT),
        ),
      })
      this.#sessions.set(id, session)
      opened.push(session)
    }
    await Promise.all(opened.map(async session => session.join?.()))
    for (const session of this.#sessions.values()) {
      session.onAssignment?.(onAssignment)
      this.#taskCount = this.#plan.tasks.mode === 'single' ? 1 : session.partitions.length
    }
  }

  async #closeSessions(): Promise<void> {
    const sessions = [...this.#sessions.values()]
    this.#sessions.clear()
    for (const session of sessions) await session.close()
  }

  /** Counters of the partitions that this process reads now; others may have been read by it before. */
  #owned(): PartitionMetrics[] {
    const origins = (this.#attempt?.tasks ?? []).flatMap(task => task.origins)
    return origins.flatMap(origin => this.#partitionMetrics.get(positionKey(origin)) ?? [])
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise(resolve => {
      const cancel = this.#options.clock.after(delayMs, resolve)
      this.#wakeUp = () => {
        cancel()
        resolve()
      }
    })
  }
}

/** A process that was paused, or lost its broker, learns from the store that others have its tasks before the group tells it: trying again is right. */
function takingPartAgain(error: StreamError): StreamError {
  return new StreamError(error.code, error.message.slice(error.code.length + 2), {
    cause: error,
    place: error.place,
    retryable: true,
  })
}
