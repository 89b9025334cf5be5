import type { Key, PartitionReader, Position, SourceContext, SourceSession } from '@rtp/stream-core/extend'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { TopicLeaders } from '../cluster/topic-leaders.ts'
import { asKafkaError, kafkaError } from '../errors.ts'
import { Fetcher, outOfRange } from '../fetcher/fetcher.ts'
import { listOffsets } from '../fetcher/list-offsets.ts'
import { type Seat, takeSeat } from '../group/shared-membership.ts'
import { KeyPlacement, keyContent } from '../record-key.ts'
import { earliest, latest } from '../requests/list-offsets.ts'
import { checkPartitions, createTopic, type TopicSpec } from '../topics.ts'
import { KafkaPartitionReader, type ReaderStamps } from './kafka-partition-reader.ts'
import type { KafkaSelect, KafkaSourceOptions } from './kafka-source.ts'

/** All partitions in one answer. */
const REQUEST_BYTES = 8 * 1024 * 1024
const FETCH_WAIT_MS = 500
/** What all partitions together read ahead, so that memory does not grow with their number. */
const TOTAL_PREFETCH_BYTES = 64 * 1024 * 1024

/** What a topic is read with. */
export interface KafkaSessionOptions<V, T> extends KafkaSourceOptions<V> {
  readonly select?: KafkaSelect<V, T> | undefined
  /** Makes the topic, if there is none. */
  readonly create?: Omit<TopicSpec, 'topic'> | undefined
  /** For topics whose records carry event time and watermarks; made anew for each reader, from a stored position. */
  readonly stamps?: (place: string, from: Position | undefined) => ReaderStamps
}

/** An opened Kafka topic. */
export class KafkaSourceSession<V, T> implements SourceSession<V | T> {
  readonly partitions: readonly string[]
  readonly content: string | undefined
  readonly #cluster: KafkaCluster
  readonly #leaders: TopicLeaders
  readonly #options: KafkaSessionOptions<V, T>
  readonly #name: string
  readonly #fetcher: Fetcher
  readonly #fixed: readonly number[]
  /** Ends of the partitions when the session was opened. */
  readonly #ends: readonly number[] | undefined
  #seat: Seat | undefined
  #notify: (() => void) | undefined
  #forgetSignal: () => void = () => {}
  readonly partitionOf?: (key: Key) => number

  private constructor(
    cluster: KafkaCluster,
    leaders: TopicLeaders,
    options: KafkaSessionOptions<V, T>,
    ends: readonly number[] | undefined,
  ) {
    this.#cluster = cluster
    this.#leaders = leaders
    this.#options = options
    this.#ends = ends
    this.#name = `kafka ${options.topic}`
    this.partitions = Array.from({ length: leaders.partitions }, (_, partition) => `${options.topic}/${partition}`)
    this.content = leaders.id === undefined ? undefined : `topic id ${leaders.id}`
    const all = [...this.partitions.keys()]
    this.#fixed = Array.isArray(options.assignment) ? checkedList(options.assignment, options.topic, all.length) : all
    if (options.partitionedByKey ?? true) {
      const placement = new KeyPlacement(leaders.partitions)
      this.partitionOf = key => placement.partitionOf(keyContent(key))
    }
    const share = Math.floor(TOTAL_PREFETCH_BYTES / leaders.partitions)
    this.#fetcher = new Fetcher(cluster, leaders, {
      readCommitted: !options.readUncommitted,
      partitionBytes: options.fetchBytes ?? Math.min(1024 * 1024, Math.max(64 * 1024, share >> 1)),
      requestBytes: Math.max(REQUEST_BYTES, options.fetchBytes ?? 0),
      bufferBytes: options.prefetchBytes ?? Math.min(2 * 1024 * 1024, share),
      maxWaitMs: FETCH_WAIT_MS,
    })
  }

  /** Looks the topic up, checks it, and takes a seat in the group where one is wanted. */
  static async open<V, T>(
    cluster: KafkaCluster,
    context: SourceContext,
    options: KafkaSessionOptions<V, T>,
  ): Promise<KafkaSourceSession<V, T>> {
    if (options.create) await createTopic(cluster, { ...options.create, topic: options.topic })
    const leaders = await TopicLeaders.of(cluster, options.topic)
    if (options.partitions !== undefined) checkPartitions(options.topic, leaders.partitions, options.partitions)
    const all = Array.from({ length: leaders.partitions }, (_, partition) => partition)
    const ends =
      options.until === 'end' ? await listOffsets(cluster, leaders, all, latest, !options.readUncommitted) : undefined
    const session = new KafkaSourceSession<V, T>(cluster, leaders, options, ends)
    session.#giveUpWith(context.signal)
    const assignment = options.assignment ?? (context.shareable ? 'group' : 'all')
    if (assignment === 'group') session.#takeSeat(options.groupId ?? context.job, context.signal)
    return session
  }

  async join(): Promise<void> {
    await this.#seat?.join()
  }

  assigned(): readonly number[] {
    return this.#seat?.assigned() ?? this.#fixed
  }

  get isGroupMember(): boolean {
    return this.#seat !== undefined
  }

  onAssignment(changed: () => void): void {
    // Whoever registers asks for `assigned()` next, and so knows of every change before.
    this.#notify = changed
  }

  async read(partition: number, from: Position | undefined): Promise<PartitionReader<V | T>> {
    const stamps = this.#options.stamps?.(this.partitions[partition]!, from)
    const { start, end } = await this.#placeOf(partition, stamps ? offsetIn(from) : from)
    return new KafkaPartitionReader<V, T>({
      source: this.#name,
      topic: this.#options.topic,
      partition,
      start,
      end: this.#ends?.[partition],
      feed: this.#fetcher.open(partition, start, this.#ends?.[partition]),
      serde: this.#options.value,
      select: this.#options.select,
      maxBatchBytes: this.#options.maxBatchBytes ?? 64 * 1024 * 1024,
      stamps,
      endAtOpen: end,
    })
  }

  async close(): Promise<void> {
    this.#forgetSignal()
    await this.#fetcher.close()
    // The cluster's end must not wait for a broker that is away.
    await this.#seat?.leave().catch(error => this.#cluster.logger.debug(`leaving the group: ${String(error)}`))
    await this.#cluster.close()
  }

  /** A read that waits for records ends with the job, too. */
  #giveUpWith(signal: AbortSignal): void {
    const giveUp = (): void => this.#fetcher.fail(asKafkaError(signal.reason, 'KAFKA_CLOSED', 'the job has ended'))
    signal.addEventListener('abort', giveUp, { once: true })
    this.#forgetSignal = () => signal.removeEventListener('abort', giveUp)
  }

  /** Where to begin; a stored position is held against what the partition has, for it may also lie behind its end. */
  async #placeOf(partition: number, from: Position | undefined): Promise<{ start: number; end: number }> {
    if (from !== undefined && typeof from !== 'number')
      throw kafkaError(
        'KAFKA_OPTION_INVALID',
        `the checkpoint's position of ${this.partitions[partition]} is not an offset: it was written by another kind of source. Restore another checkpoint, or give the source another name.`,
      )
    const list = async (timestamp: number, readCommitted = !this.#options.readUncommitted): Promise<number> =>
      (await listOffsets(this.#cluster, this.#leaders, [partition], timestamp, readCommitted))[0]!
    if (from === undefined) {
      const { start = 'earliest' } = this.#options
      if (typeof start !== 'object') return { start: await list(start === 'earliest' ? earliest : latest), end: 0 }
      const found = await list(start.timestamp)
      return { start: found < 0 ? await list(latest) : found, end: 0 }
    }
    const [first, end] = await Promise.all([list(earliest, false), list(latest, false)])
    if (from < first || from > end) throw await outOfRange(this.#cluster, this.#leaders, partition, from)
    return { start: from, end }
  }

  #takeSeat(groupId: string, run: AbortSignal): void {
    this.#seat = takeSeat({
      run,
      cluster: this.#cluster,
      groupId,
      topic: this.#options.topic,
      sessionTimeoutMs: this.#options.sessionTimeoutMs ?? 10_000,
      onAssignment: () => this.#assignmentChanged(),
      onFailure: cause => this.#fetcher.fail(cause),
    })
  }

  #assignmentChanged(): void {
    const count = this.partitions.length
    if (this.assigned().some(partition => partition >= count)) {
      this.#fetcher.fail(
        kafkaError(
          'KAFKA_TOPIC_PARTITIONS',
          `topic ${this.#options.topic} had ${count} partitions when the job started and has more now, so keys are in other partitions than before. Start the job again if it holds no state by key; else write the topic anew.`,
        ),
      )
      return
    }
    this.#notify?.()
  }
}

/** The offset within the position of a reader with stamps, which has checked it. */
function offsetIn(from: Position | undefined): Position | undefined {
  return typeof from === 'object' ? (from['offset'] as number) : from
}

function checkedList(partitions: readonly number[], topic: string, count: number): readonly number[] {
  const wrong = partitions.find(partition => !(Number.isSafeInteger(partition) && partition >= 0 && partition < count))
  if (wrong !== undefined || partitions.length === 0)
    throw kafkaError(
      'KAFKA_OPTION_INVALID',
      `assignment of topic ${topic}: ${wrong ?? 'an empty list'} is not a list of partitions from 0 to ${count - 1}.`,
    )
  return [...new Set(partitions)].sort((one, other) => one - other)
}
