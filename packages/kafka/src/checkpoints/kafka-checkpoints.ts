import { createHash } from 'node:crypto'
import { type CheckpointStore, type Sink, StreamError, type TransactionScope } from '@rtp/stream-core/extend'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { openCluster } from '../cluster/open-cluster.ts'
import { kafkaError } from '../errors.ts'
import type { KafkaConnectionOptions } from '../kafka-client.ts'
import { type KafkaSinkOptions, transactionalSink } from '../sink/kafka-sink.ts'
import { createTopic, describe, type TopicDescription } from '../topics.ts'
import { JobCheckpoints } from './job-checkpoints.ts'

export interface KafkaCheckpointsOptions extends KafkaConnectionOptions {
  /** Topic of the job's state; made if missing. A job needs one of its own. Default: `rtp-checkpoints-` and the job's name. */
  readonly topic?: string
  /** Replicas of that topic when it is made. Default: the broker's default. */
  readonly replicationFactor?: number
  /** How long one commit may take before the broker aborts it; at most its transaction.max.timeout.ms. Default 60,000. */
  readonly transactionTimeoutMs?: number
  /** How long a request, or a take-over, is repeated while it fails for reasons that pass. Default 60,000. */
  readonly retryTimeoutMs?: number
  /** How long to wait for a broker at the start. Default 60,000. */
  readonly reachTimeoutMs?: number
}

/** A sink of these checkpoints: reached as they are, and sent when they commit. */
export type KafkaTransactionalSinkOptions<T> = Omit<KafkaSinkOptions<T>, keyof KafkaConnectionOptions | 'lingerMs'>

export interface KafkaCheckpoints extends CheckpointStore {
  /**
   * A sink whose records are part of the checkpoint's transaction: readers with isolation read_committed see each result once. Run with
   * another store, it is a Kafka sink like any other. Records are held in memory until the checkpoint (`bufferBytes`, which brings one about).
   */
  sink<T>(options: KafkaTransactionalSinkOptions<T>): Sink<T>
}

/**
 * Keeps checkpoints in a compacted topic, in the Kafka transaction of the output: positions, state and results are committed together or not at
 * all, so Kafka to Kafka is exactly-once with no other store. Processes of one job may share its tasks.
 *
 *     const checkpoints = kafkaCheckpoints({ brokers })
 *     const job = pipeline('alarms')
 *     job.from(kafkaSource({ brokers, topic: 'readings', value })).filter(isAlarm).sink(checkpoints.sink({ topic: 'alarms', value }))
 *     await run(job, { store: checkpoints }).done
 */
export function kafkaCheckpoints(options: KafkaCheckpointsOptions): KafkaCheckpoints {
  const { transactionTimeoutMs = 60_000, retryTimeoutMs = 60_000 } = options
  for (const [name, value] of Object.entries({ transactionTimeoutMs, retryTimeoutMs })) {
    if (!(Number.isSafeInteger(value) && value > 0))
      throw kafkaError('KAFKA_OPTION_INVALID', `kafkaCheckpoints: ${name} must be a positive integer, got ${value}.`)
  }
  if (options.brokers.length === 0)
    throw kafkaError('KAFKA_OPTION_INVALID', 'kafkaCheckpoints: brokers must name at least one broker.')
  const scope: TransactionScope = { name: `Kafka at ${options.brokers.join(', ')}` }
  let opened: { readonly cluster: KafkaCluster; readonly checkpoints: JobCheckpoints } | undefined

  function open(): JobCheckpoints {
    if (opened !== undefined) return opened.checkpoints
    throw new StreamError(
      'CHECKPOINT_FAILED',
      'the Kafka checkpoint store is not open. Call open() first, and nothing after close().',
    )
  }

  return {
    name: 'kafka checkpoints',
    durable: true,
    shareable: true,
    scope,
    async open({ job, signal }) {
      if (opened !== undefined)
        throw new StreamError(
          'CHECKPOINT_LOCKED',
          `this Kafka checkpoint store is open already; job ${job} needs one of its own.`,
        )
      const { reachTimeoutMs: timeoutMs } = options
      const cluster = await openCluster(options, { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) })
      // A job that is cancelled ends at once, as after a crash.
      signal.addEventListener('abort', () => void cluster.close(), { once: true })
      try {
        const topic = options.topic ?? topicOf(job)
        const { maxMessageBytes } = await stateTopic(cluster, topic, options.replicationFactor)
        const checkpoints = new JobCheckpoints({
          cluster,
          job,
          topic,
          maxMessageBytes,
          transactionTimeoutMs,
          requestTimeoutMs: retryTimeoutMs,
        })
        opened = { cluster, checkpoints }
      } catch (cause) {
        await cluster.close()
        throw cause
      }
    },
    acquire: async tasks => open().acquire(tasks),
    commit: async (checkpoint, outputs) => open().commit(checkpoint, outputs),
    async close() {
      const closing = opened
      opened = undefined
      await closing?.checkpoints.close()
      await closing?.cluster.close()
    },
    sink: sinkOptions => transactionalSink({ ...options, ...sinkOptions }, scope),
  }
}

/** Makes the topic of the state, or checks one that is there. */
async function stateTopic(
  cluster: KafkaCluster,
  topic: string,
  replicationFactor: number | undefined,
): Promise<TopicDescription> {
  await createTopic(cluster, {
    topic,
    partitions: 1,
    ...(replicationFactor === undefined ? {} : { replicationFactor }),
    configs: { 'cleanup.policy': 'compact', 'segment.bytes': String(SEGMENT_BYTES) },
  })
  const found = (await describe(cluster, topic))!
  if (found.partitions !== 1)
    throw kafkaError(
      'KAFKA_TOPIC_PARTITIONS',
      `topic ${topic} has ${found.partitions} partitions; checkpoints are kept in one partition, so that they have one order. Name another topic.`,
    )
  if (found.cleanupPolicy?.includes('delete') && found.retentionMs !== Number.POSITIVE_INFINITY)
    throw kafkaError(
      'KAFKA_OPTION_INVALID',
      `topic ${topic} has cleanup.policy=${found.cleanupPolicy} and would lose state that is older than its retention. Set cleanup.policy=compact, or name another topic.`,
    )
  return found
}

/** Only closed segments are compacted, and a restart reads what is left. */
const SEGMENT_BYTES = 64 * 1024 * 1024

/** A legal topic name that differs for every job. */
function topicOf(job: string): string {
  const readable = job.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64)
  const hash = createHash('sha256').update(job).digest('hex').slice(0, 12)
  return `rtp-checkpoints-${readable}${readable === job ? '' : `-${hash}`}`
}
