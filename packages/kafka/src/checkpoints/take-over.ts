import { reachPoint, StreamError } from '@rtp/stream-core/extend'
import { pause } from '../cluster/back-off.ts'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { TransactionCoordinator } from '../transactions/coordinator.ts'
import type { TransactionalProducer } from '../transactions/transactional-producer.ts'
import { StateLog } from './state-log.ts'
import type { StateTask } from './state-records.ts'
import { StateWriter } from './state-writer.ts'

export interface TakeOver {
  readonly cluster: KafkaCluster
  readonly job: string
  readonly topic: string
  /** Holds the transactional id of the job, which every process of the job takes for the time of a take-over. */
  readonly lock: TransactionalProducer
  /** Holds the transactional id of this process. */
  readonly producer: TransactionalProducer
  readonly maxMessageBytes: number | undefined
  readonly tasks: ReadonlySet<string>
  readonly requestTimeoutMs: number
  /** False: tasks of other owners are left to them. */
  readonly fences: boolean
  /** What to store of the tasks, from what is stored: called anew for every attempt; undefined leaves everything as it is. */
  claim(log: StateLog): ReadonlyMap<string, StateTask> | undefined
}

/** What was stored before the claims, and a writer for what comes. */
export interface TakenOver {
  readonly log: StateLog
  readonly writer: StateWriter
}

/** How long processes that take over at the same time get out of each other's way, at most. */
const LONGEST_PAUSE_MS = 500

/**
 * Takes tasks over. One process at a time: each raises the epoch of the job's own transactional id first, and its claims are a transaction of
 * that id, which cannot be committed any more once another has begun. In between, the former owners are fenced by their transactional ids;
 * what they have committed is complete then and can be read.
 *
 *     raise the job's epoch, raise my own -> read who owns the tasks -> raise the epochs of those -> read on -> commit the claims
 */
export async function takeOver(step: TakeOver): Promise<TakenOver> {
  const { cluster, requestTimeoutMs } = step
  const until = cluster.clock.monotonic() + requestTimeoutMs
  for (;;) {
    try {
      const taken = await attempt(step)
      if (taken !== undefined) return taken
    } catch (error) {
      if (!mayPass(error) || cluster.clock.monotonic() > until || cluster.signal.aborted) throw error
      await step.lock.abort()
    }
    if (cluster.clock.monotonic() > until) throw crowdedOut(step)
    await pause(cluster.clock, 10 + Math.random() * LONGEST_PAUSE_MS, cluster.signal)
  }
}

/** Undefined when nobody knows whether the claims were committed: to claim again harms nobody. */
async function attempt(step: TakeOver): Promise<TakenOver | undefined> {
  const { cluster, job, topic, lock, producer, tasks } = step
  await lock.init()
  reachPoint('job-id-taken')
  await producer.init()
  const log = new StateLog(cluster, job, topic, tasks)
  await log.readOn()
  if (step.fences && (await fenceOwners(step, log))) await log.readOn()
  const claims = step.claim(log)
  // A writer that has failed stays so, hence one for each attempt.
  const writer = await StateWriter.open(cluster, job, topic, step.maxMessageBytes)
  if (claims === undefined || claims.size === 0) return { log, writer }
  try {
    for (const [name, task] of claims) writer.task(name, task)
    await writer.sendIn(lock)
    if ((await lock.commit()) === 'committed') return { log, writer }
  } catch (cause) {
    writer.close()
    throw cause
  }
  writer.close()
  return undefined
}

/** True when there were others than this process. */
async function fenceOwners({ cluster, producer, tasks, requestTimeoutMs }: TakeOver, log: StateLog): Promise<boolean> {
  const owners = new Set<string>()
  for (const task of tasks) {
    const owner = log.task(task)?.owner
    if (owner !== undefined && owner !== producer.transactionalId) owners.add(owner)
  }
  for (const owner of owners)
    await new TransactionCoordinator(cluster, owner, requestTimeoutMs).init(FENCING_TIMEOUT_MS)
  if (owners.size > 0) reachPoint('owners-fenced')
  return owners.size > 0
}

/** For a transaction that never begins. */
const FENCING_TIMEOUT_MS = 60_000

function mayPass(error: unknown): boolean {
  return error instanceof StreamError && (error.retryable || error.code === 'KAFKA_PRODUCER_FENCED')
}

function crowdedOut({ job, requestTimeoutMs }: TakeOver): StreamError {
  return new StreamError(
    'CHECKPOINT_LOCKED',
    `job "${job}": tasks could not be taken over within ${Math.round(requestTimeoutMs / 1000)} s, because other processes of the job keep taking over too, or the broker does not answer commits.`,
    { retryable: true },
  )
}
