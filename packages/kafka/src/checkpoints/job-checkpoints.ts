import { randomUUID } from 'node:crypto'
import {
  advanceTask,
  type Checkpoint,
  NEW_TASK,
  type RestoredTask,
  reachPoint,
  restoredTask,
  type SealedOutput,
  StreamError,
} from '@rtp/stream-core/extend'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { TransactionalProducer } from '../transactions/transactional-producer.ts'
import { StateLog } from './state-log.ts'
import type { StateTask } from './state-records.ts'
import type { StateWriter } from './state-writer.ts'
import { type TakeOver, takeOver } from './take-over.ts'

export interface JobCheckpointsOptions {
  readonly cluster: KafkaCluster
  readonly job: string
  readonly topic: string
  readonly maxMessageBytes: number | undefined
  readonly transactionTimeoutMs: number
  readonly requestTimeoutMs: number
}

/** How long a job that has ended waits until everybody can see its results. */
const CLOSING_TIMEOUT_MS = 5_000

/** The checkpoints of one job, as one process sees them: which tasks it owns, and what is stored of those. */
export class JobCheckpoints {
  readonly #options: JobCheckpointsOptions
  readonly #lock: TransactionalProducer
  readonly #producer: TransactionalProducer
  #writer: StateWriter | undefined
  readonly #owned = new Map<string, StateTask>()
  /** Steps run one after the other, whoever asks for them. */
  #step: Promise<unknown> = Promise.resolve()

  constructor(options: JobCheckpointsOptions) {
    const { cluster, job, transactionTimeoutMs, requestTimeoutMs } = options
    const producer = (transactionalId: string): TransactionalProducer =>
      new TransactionalProducer(cluster, { transactionalId, transactionTimeoutMs, requestTimeoutMs })
    this.#options = options
    this.#lock = producer(`rtp.${job}`)
    // Another one for each process: processes of a job own different tasks, and must not fence each other by merely being there.
    this.#producer = producer(`rtp.${job}.${randomUUID()}`)
  }

  acquire(names: readonly string[]): Promise<RestoredTask[]> {
    return this.#inTurn(async () => {
      const owner = this.#producer.transactionalId
      let claims = new Map<string, StateTask>()
      const log = await this.#takeOver(new Set(names), true, stored => {
        claims = new Map(
          names.map(name => {
            const task = stored.task(name) ?? NEW_TASK
            return [name, { ...task, owner, epoch: task.epoch + 1 }]
          }),
        )
        return claims
      })
      this.#keepOwned(log)
      for (const [name, task] of claims) this.#owned.set(name, task)
      return names.map(name => {
        const task = claims.get(name)!
        return restoredTask(
          name,
          task,
          task.snapshots.map(place => log.snapshot(name, place)),
        )
      })
    })
  }

  commit(checkpoint: Checkpoint, outputs: readonly SealedOutput[]): Promise<void> {
    return this.#inTurn(async () => {
      const next = this.#advance(checkpoint)
      const transaction = this.#producer
      if (!transaction.isUsable || this.#writer === undefined) throw mustAcquire(checkpoint.job)
      let answer: Awaited<ReturnType<TransactionalProducer['commit']>>
      try {
        for (const output of outputs) {
          if (output.join === undefined) throw cannotJoin()
          await output.join(transaction)
        }
        reachPoint('output-produced')
        await this.#writer.sendIn(transaction)
        reachPoint('state-produced')
        answer = await transaction.commit()
      } catch (cause) {
        await transaction.abort()
        throw await this.#refused(checkpoint, cause)
      }
      if (answer !== 'committed') await this.#settle(checkpoint, next, answer.unknown)
      for (const [name, task] of next) this.#owned.set(name, task)
    })
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#writer?.close()
      this.#writer = undefined
      this.#owned.clear()
      await this.#producer.close(CLOSING_TIMEOUT_MS)
    })
  }

  /** The tasks after the checkpoint, whose records wait in the writer. Throws FENCED, with nothing written, unless all of them follow. */
  #advance({ job, tasks }: Checkpoint): Map<string, StateTask> {
    if (job !== this.#options.job)
      throw new StreamError(
        'CHECKPOINT_FAILED',
        `a checkpoint of job ${job} came to the store of ${this.#options.job}.`,
      )
    const writer = this.#writer
    const owner = this.#producer.transactionalId
    const next = new Map<string, StateTask>()
    for (const task of tasks) {
      const place = writer?.placeFor(task.sequence, task.snapshot) ?? { sequence: task.sequence, chunks: 0, bytes: 0 }
      next.set(task.task, { ...advanceTask(this.#owned.get(task.task), task, place), owner })
    }
    for (const { task, snapshot, needs } of tasks) {
      const advanced = next.get(task)!
      writer?.snapshot(task, advanced.snapshots.at(-1)!, snapshot)
      const { snapshots } = this.#owned.get(task)!
      for (const place of snapshots.slice(0, snapshots.length - needs)) writer?.forget(task, place)
      writer?.task(task, advanced)
    }
    return next
  }

  async #takeOver(tasks: ReadonlySet<string>, fences: boolean, claim: TakeOver['claim']): Promise<StateLog> {
    const { cluster, job, topic, maxMessageBytes, requestTimeoutMs } = this.#options
    // What waits in it belongs to a transaction that is not to be.
    this.#writer?.close()
    this.#writer = undefined
    const { log, writer } = await takeOver({
      cluster,
      job,
      topic,
      lock: this.#lock,
      producer: this.#producer,
      maxMessageBytes,
      tasks,
      fences,
      requestTimeoutMs,
      claim,
    })
    this.#writer = writer
    return log
  }

  /** Lets go of what another process has taken over meanwhile: the own epoch is a new one, so nothing else would tell. */
  #keepOwned(log: StateLog): void {
    for (const [name, { epoch, owner }] of this.#owned) {
      const stored = log.task(name)
      if (stored?.owner !== owner || stored.epoch !== epoch) this.#owned.delete(name)
    }
  }

  /**
   * Finds out what became of a commit whose answer never came. The own epoch is raised first, which waits for a commit under way and aborts one
   * that is still to come: after that the answer is final. That is a take-over as any other, or this process could unfence itself.
   */
  async #settle({ job }: Checkpoint, next: ReadonlyMap<string, StateTask>, lost: StreamError): Promise<void> {
    let outcome: 'committed' | 'nothing' | 'taken over' = 'nothing'
    try {
      const log = await this.#takeOver(new Set(next.keys()), false, stored => {
        outcome = outcomeOf(stored, next)
        return outcome === 'committed' ? next : undefined
      })
      this.#keepOwned(log)
    } catch (cause) {
      this.#owned.clear()
      throw new StreamError(
        'KAFKA_CONNECTION_LOST',
        `the answer to the commit of a checkpoint of job "${job}" got lost, and what became of it could not be found out. The job goes on from what the state topic holds once the broker answers.`,
        { cause, retryable: true },
      )
    }
    if ((outcome as string) === 'committed') return
    this.#owned.clear()
    if ((outcome as string) === 'taken over') throw takenOver(job, [...next.keys()].join(', '))
    throw new StreamError(
      lost.code,
      `${lost.message.slice(lost.code.length + 2)}. Nothing of this checkpoint was written; its tasks must be acquired again.`,
      { cause: lost, retryable: true },
    )
  }

  /** What to throw for a transaction that was not committed. */
  async #refused({ job, tasks }: Checkpoint, cause: unknown): Promise<unknown> {
    if (!(cause instanceof StreamError)) return cause
    if (cause.code === 'KAFKA_SEQUENCE_LOST' || cause.code === 'KAFKA_DELIVERY_TIMEOUT')
      return new StreamError(cause.code, cause.message.slice(cause.code.length + 2), { cause, retryable: true })
    if (cause.code !== 'KAFKA_PRODUCER_FENCED') return cause
    const { cluster, topic } = this.#options
    const log = new StateLog(cluster, job, topic, new Set())
    await log.readOn()
    const taken = tasks.find(({ task, epoch }) => {
      const stored = log.task(task)
      return stored?.owner !== this.#producer.transactionalId || stored.epoch !== epoch
    })
    if (taken !== undefined) return takenOver(job, taken.task)
    return new StreamError(
      'FENCED',
      `job "${job}": the transaction of this process was aborted, because it took longer than ${this.#options.transactionTimeoutMs} ms (transactionTimeoutMs) or another process took over some of its tasks. ` +
        'Nothing was written. The job goes on from its last checkpoint.',
      { cause, retryable: true },
    )
  }

  #inTurn<R>(step: () => Promise<R>): Promise<R> {
    const done = this.#step.then(step)
    this.#step = done.catch(() => {})
    return done
  }
}

function outcomeOf(stored: StateLog, next: ReadonlyMap<string, StateTask>): 'committed' | 'nothing' | 'taken over' {
  const tasks = [...next].map(([name, expected]) => ({ found: stored.task(name), expected }))
  if (tasks.some(({ found, expected }) => found?.owner !== expected.owner || found.epoch !== expected.epoch))
    return 'taken over'
  return tasks.every(({ found, expected }) => found?.sequence === expected.sequence) ? 'committed' : 'nothing'
}

function takenOver(job: string, tasks: string): StreamError {
  return new StreamError(
    'FENCED',
    `job "${job}": another process has taken over (task ${tasks}). This one can write nothing more and must stop: start it again if it should take part.`,
  )
}

function mustAcquire(job: string): StreamError {
  return new StreamError(
    'FENCED',
    `job "${job}": a transaction of this process has failed before, so its tasks must be acquired again. Nothing was written.`,
    { retryable: true },
  )
}

function cannotJoin(): StreamError {
  return new StreamError(
    'SINK_FAILED',
    'a sink that cannot take part in a Kafka transaction was handed to the Kafka checkpoint store. Those that its sink() makes can.',
  )
}
