import { createHash } from 'node:crypto'
import type { FieldWriter } from '@rtp/kafka-protocol'
import {
  type Batch,
  type Key,
  messageOf,
  type SealedOutput,
  type SinkTask,
  type SinkWriter,
  StreamError,
} from '@rtp/stream-core/extend'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { kafkaError } from '../errors.ts'
import type { TopicProducer } from '../producer/topic-producer.ts'
import { KeyPlacement, keyContent } from '../record-key.ts'
import type { Serde } from '../serde/serde.ts'
import { joinTransaction } from '../sink/kafka-sink-writer.ts'
import { END, IDLE, MAX_TASKS, StampWriter, VALUE, WATERMARK } from './stamp.ts'

export interface RepartitionWriterOptions<T> {
  readonly job: string
  readonly key: (value: T) => Key
  readonly value: Serde<T>
}

/** How far a task is, and what of that the topic has been told. */
interface TaskProgress {
  readonly task: SinkTask
  /** Highest finite watermark. */
  watermark: number
  kind: typeof WATERMARK | typeof IDLE | typeof END
  toldWatermark: number
  toldKind: number | undefined
}

/**
 * Writes a stream into the partitions of its keys, and into all of them how far each task is, with each checkpoint. What is in one partition therefore
 * tells a reader all it needs to make the same watermark as one task that reads everything.
 */
export class RepartitionSinkWriter<T> implements SinkWriter<T> {
  readonly #cluster: KafkaCluster
  readonly #producer: TopicProducer
  readonly #options: RepartitionWriterOptions<T>
  readonly #placement: KeyPlacement
  readonly #write: FieldWriter<T>
  readonly #stamp: StampWriter
  readonly #tasks = new Map<number, TaskProgress>()

  constructor(cluster: KafkaCluster, producer: TopicProducer, options: RepartitionWriterOptions<T>) {
    this.#cluster = cluster
    this.#producer = producer
    this.#options = options
    this.#placement = new KeyPlacement(producer.partitions)
    this.#write = options.value.encoder()
    this.#stamp = new StampWriter(createHash('sha256').update(options.job).digest().readUInt32BE())
  }

  get partitions(): number {
    return this.#producer.partitions
  }

  write(batch: Batch<T>): void {
    this.writeOf(ONLY_TASK, batch)
  }

  readonly writeOf = (task: SinkTask, batch: Batch<T>): void => {
    const progress = this.#progressOf(task)
    this.#append(task, batch)
    const { watermark, idle } = batch
    if (watermark === Number.POSITIVE_INFINITY) progress.kind = END
    else {
      if (watermark > progress.watermark) progress.watermark = watermark
      if (progress.kind !== END) progress.kind = idle ? IDLE : WATERMARK
    }
  }

  ready(): Promise<void> | undefined {
    return this.#producer.ready()
  }

  seal(): SealedOutput | undefined {
    const producer = this.#producer
    const stamps = this.#tellProgress()
    const part = producer.cut()
    if (part === undefined) return undefined
    return {
      records: part.records - stamps,
      bytes: part.bytes,
      flush: () => Promise.reject(outsideTransaction(producer.topic)),
      join: transaction => joinTransaction(transaction, producer, part),
    }
  }

  async close(): Promise<void> {
    this.#producer.close()
    await this.#cluster.close()
  }

  #append(task: SinkTask, { values, times, watermarks, offsets, size, origin }: Batch<T>): void {
    if (size === 0) return
    const { key, value: serde } = this.#options
    const stamp = this.#stamp
    stamp.of(task)
    // The brokers' retention goes by this time. The event time is in the stamp, and may be long ago.
    const now = Math.floor(this.#cluster.clock.now())
    let index = 0
    try {
      for (; index < size; index++) {
        const value = values[index] as T
        const content = keyContent(key(value))
        const write = serde.ofNull !== undefined && value === serde.ofNull.value ? undefined : this.#write
        const headers = stamp.set(VALUE, times[index]!, watermarks[index]!)
        this.#producer.append(this.#placement.partitionOf(content), now, content, value, write, headers)
      }
    } catch (cause) {
      if (cause instanceof StreamError && !cause.code.startsWith('KAFKA_VALUE')) throw cause
      const place = origin && { source: origin.source, partition: origin.partition, offset: offsets[index] }
      throw new StreamError(
        cause instanceof StreamError ? cause.code : 'SINK_FAILED',
        `a record for topic ${this.#producer.topic}${place ? ` (from ${place.partition}, offset ${place.offset})` : ''} cannot be written: ${messageOf(cause)}`,
        { cause, ...(place ? { place } : {}) },
      )
    }
  }

  #progressOf(task: SinkTask): TaskProgress {
    const known = this.#tasks.get(task.index)
    if (known !== undefined) return known
    if (task.count > MAX_TASKS)
      throw kafkaError(
        'KAFKA_REPARTITION_INVALID',
        `topic ${this.#producer.topic}: ${task.count} tasks would write it, ${MAX_TASKS} can. Read a topic with fewer partitions.`,
      )
    const progress: TaskProgress = {
      task,
      watermark: Number.NEGATIVE_INFINITY,
      kind: WATERMARK,
      toldWatermark: Number.NEGATIVE_INFINITY,
      toldKind: undefined,
    }
    this.#tasks.set(task.index, progress)
    return progress
  }

  /** Writes into every partition what has changed since the last time; returns how many stamps that are. */
  #tellProgress(): number {
    const producer = this.#producer
    const now = Math.floor(this.#cluster.clock.now())
    let stamps = 0
    for (const progress of this.#tasks.values()) {
      const { task, watermark, kind } = progress
      if (kind === progress.toldKind && watermark === progress.toldWatermark) continue
      progress.toldKind = kind
      progress.toldWatermark = watermark
      this.#stamp.of(task)
      const headers = this.#stamp.set(kind, Number.NaN, watermark)
      for (let partition = 0; partition < producer.partitions; partition++) {
        producer.append(partition, now, null, null, undefined, headers)
        stamps++
      }
    }
    return stamps
  }
}

const ONLY_TASK: SinkTask = { index: 0, count: 1 }

function outsideTransaction(topic: string): StreamError {
  return kafkaError(
    'KAFKA_REPARTITION_INVALID',
    `the sink of the repartition topic ${topic} writes in the transactions of its checkpoints alone, or records would be there twice after a crash. Run the job with the kafkaCheckpoints() value that it was given: run(job, { store: checkpoints }).`,
  )
}
