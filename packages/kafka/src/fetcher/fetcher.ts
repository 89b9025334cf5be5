import { errorCodes, RecordBatchError } from '@rtp/kafka-protocol'
import { messageOf, StreamError } from '@rtp/stream-core/extend'
import { BackOff, pause } from '../cluster/back-off.ts'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import type { TopicLeaders } from '../cluster/topic-leaders.ts'
import { asKafkaError, brokerError, isRetriableBrokerError, kafkaError } from '../errors.ts'
import { type FetchedPartition, fetchRequest, readFetch } from '../requests/fetch.ts'
import { earliest, latest } from '../requests/list-offsets.ts'
import { offsetBehind } from './fetched-chunk.ts'
import { listOffsets } from './list-offsets.ts'
import { PartitionFeed } from './partition-feed.ts'

export interface FetcherOptions {
  readonly readCommitted: boolean
  /** Bytes that one answer brings for one partition, and for all. */
  readonly partitionBytes: number
  readonly requestBytes: number
  /** Bytes that are held ahead of the reader of a partition. */
  readonly bufferBytes: number
  /** How long a broker waits for new records. */
  readonly maxWaitMs: number
}

/** A partition that had no room is asked for soon again, so the broker must not wait long for the others. */
const SHORT_WAIT_MS = 20

/**
 * Reads partitions of one topic ahead of their readers: for every broker one loop of long polls for all partitions that it leads and that
 * have room. Lost connections and moved leaders are its own business; what cannot go away fails the partition's feed.
 */
export class Fetcher {
  readonly #cluster: KafkaCluster
  readonly #leaders: TopicLeaders
  readonly #options: FetcherOptions
  readonly #closing = new AbortController()
  readonly #feeds = new Map<number, PartitionFeed>()
  /** Leaders that a loop runs for; -1 for the search for leaders. */
  readonly #loops = new Set<number>()
  #wake: (() => void) | undefined
  #changed: Promise<void> = Promise.resolve()

  constructor(cluster: KafkaCluster, leaders: TopicLeaders, options: FetcherOptions) {
    this.#cluster = cluster
    this.#leaders = leaders
    this.#options = options
    this.#renewSignal()
  }

  /** Starts to read a partition from an offset on, and stops by itself once `until` is reached. */
  open(partition: number, offset: number, until = Number.POSITIVE_INFINITY): PartitionFeed {
    this.#feeds.get(partition)?.close()
    const { partitionBytes, bufferBytes } = this.#options
    const onRoom = (): void => this.#renewSignal()
    const feed = new PartitionFeed({ partition, offset, until, fetchBytes: partitionBytes, bufferBytes, onRoom })
    this.#feeds.set(partition, feed)
    // Partitions are opened one after the other: the first poll is to know all of them.
    setImmediate(() => this.#startLoops())
    return feed
  }

  /** Stops all reading with an error. */
  fail(cause: Error): void {
    for (const feed of this.#feeds.values()) feed.fail(cause)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    for (const feed of this.#feeds.values()) feed.close()
    this.#feeds.clear()
    this.#renewSignal()
  }

  #startLoops(): void {
    if (this.#closing.signal.aborted) return
    this.#renewSignal()
    for (const feed of this.#feeds.values()) {
      const leader = this.#leaders.leaderOf(feed.partition)
      if (!feed.isDone && !this.#loops.has(leader)) {
        this.#loops.add(leader)
        const loop = leader < 0 ? this.#findLeaders() : this.#poll(leader)
        loop.catch(cause =>
          this.#failAll(leader, asKafkaError(cause, 'KAFKA_REQUEST_FAILED', `reading topic ${this.#leaders.topic}`)),
        )
      }
    }
  }

  /** The feeds that a broker leads now; those that are done are dropped on the way. */
  #feedsOf(leader: number): PartitionFeed[] {
    const feeds: PartitionFeed[] = []
    for (const feed of this.#feeds.values()) {
      if (feed.isDone) this.#feeds.delete(feed.partition)
      else if (this.#leaders.leaderOf(feed.partition) === leader) feeds.push(feed)
    }
    return feeds
  }

  async #poll(leader: number): Promise<void> {
    const { signal } = this.#closing
    const { topic, id } = this.#leaders
    const backOff = new BackOff()
    let isInterrupted = false
    for (let turn = 0; !signal.aborted; turn++) {
      const feeds = this.#feedsOf(leader)
      if (feeds.length === 0) break
      const wanted = feeds.filter(feed => feed.hasRoom)
      if (wanted.length === 0) {
        await this.#changed
        continue
      }
      // Who comes first gets the request's bytes first, so all take turns.
      const first = turn % wanted.length
      const partitions = [...wanted.slice(first), ...wanted.slice(0, first)].map(feed => ({
        partition: feed.partition,
        offset: feed.fetchOffset,
        maxBytes: feed.fetchBytes,
      }))
      const options = {
        maxWaitMs: wanted.length === feeds.length ? this.#options.maxWaitMs : SHORT_WAIT_MS,
        maxBytes: this.#options.requestBytes,
        readCommitted: this.#options.readCommitted,
      }
      let mustRefresh = false
      try {
        const answer = await this.#cluster.send(
          leader,
          broker => fetchRequest({ name: topic, id }, partitions, options, broker),
          readFetch,
          'fetch',
        )
        if (answer.errorCode !== 0) throw brokerError(answer.errorCode, `fetching from topic ${topic}`)
        for (const fetched of answer.partitions) mustRefresh = this.#take(fetched, partitions) || mustRefresh
        if (!mustRefresh) backOff.reset()
        isInterrupted = false
      } catch (error) {
        if (signal.aborted) break
        if (!(error instanceof StreamError && error.retryable)) throw error
        const level = isInterrupted ? 'debug' : 'warn'
        this.#cluster.logger[level](`reading topic ${topic} is interrupted and goes on by itself: ${error.message}`)
        isInterrupted = true
        mustRefresh = true
      }
      if (mustRefresh) await this.#refresh(backOff)
    }
    this.#loops.delete(leader)
    // Its partitions may have gone to a broker without a loop.
    this.#startLoops()
  }

  /** While partitions have no leader somebody has to ask who it is. */
  async #findLeaders(): Promise<void> {
    const backOff = new BackOff()
    while (!this.#closing.signal.aborted && this.#feedsOf(-1).length > 0) await this.#refresh(backOff)
    this.#loops.delete(-1)
    this.#startLoops()
  }

  async #refresh(backOff: BackOff): Promise<void> {
    const { signal } = this.#closing
    await pause(this.#cluster.clock, backOff.nextMs(), signal)
    if (signal.aborted) return
    try {
      await this.#leaders.refresh()
    } catch (error) {
      if (!(error instanceof StreamError && error.retryable)) throw error
      this.#cluster.logger.debug(`metadata of topic ${this.#leaders.topic}: ${error.message}`)
      return
    }
    this.#startLoops()
  }

  /** Hands an answer to its feed; true when the metadata may be out of date. */
  #take(fetched: FetchedPartition, asked: readonly { partition: number; offset: number }[]): boolean {
    const { partition, errorCode } = fetched
    const feed = this.#feeds.get(partition)
    const offset = asked.find(request => request.partition === partition)?.offset
    // It may have been closed, and opened elsewhere, while the broker waited.
    if (!feed || offset === undefined || feed.isDone || feed.fetchOffset !== offset) return false
    if (errorCode === errorCodes.OFFSET_OUT_OF_RANGE) {
      void this.#failOutOfRange(feed)
      return false
    }
    const { topic } = this.#leaders
    if (errorCode !== 0) {
      if (isRetriableBrokerError(errorCode)) return true
      feed.fail(brokerError(errorCode, `fetching from topic ${topic}, partition ${partition}`))
      return false
    }
    feed.endOffset = this.#options.readCommitted ? fetched.lastStableOffset : fetched.highWatermark
    if (fetched.records.length === 0) return false
    try {
      const next = offsetBehind(fetched.records)
      if (next === undefined) {
        feed.fetchBytes = Math.min(feed.fetchBytes * 2, 0x7fffffff)
        return false
      }
      feed.add({
        topic,
        partition,
        // An answer for many partitions would live as long as the slowest of its readers.
        bytes: asked.length === 1 ? fetched.records : Buffer.from(fetched.records),
        from: offset,
        next: Math.max(next, offset),
        aborted: fetched.aborted,
        readCommitted: this.#options.readCommitted,
      })
    } catch (cause) {
      if (!(cause instanceof RecordBatchError)) throw cause
      feed.fail(
        kafkaError(
          'KAFKA_CORRUPT_BATCH',
          `topic ${topic}, partition ${partition}, from offset ${offset}: ${cause.message}.`,
          {
            cause,
            retryable: true,
          },
        ),
      )
    }
    return false
  }

  /** A position that is not there (any more) ends the reading: what to do about lost records is for people to say. */
  async #failOutOfRange(feed: PartitionFeed): Promise<void> {
    const { topic } = this.#leaders
    const { partition, fetchOffset } = feed
    feed.hold()
    feed.fail(
      await outOfRange(this.#cluster, this.#leaders, partition, fetchOffset).catch(cause =>
        kafkaError(
          'KAFKA_OFFSET_OUT_OF_RANGE',
          `topic ${topic}, partition ${partition}: offset ${fetchOffset} is not there (${messageOf(cause)}).`,
        ),
      ),
    )
  }

  #failAll(leader: number, cause: StreamError): void {
    this.#loops.delete(leader)
    for (const feed of this.#feeds.values()) if (this.#leaders.leaderOf(feed.partition) === leader) feed.fail(cause)
  }

  /** Wakes the loops that wait for room. */
  #renewSignal(): void {
    this.#wake?.()
    this.#changed = new Promise(resolve => {
      this.#wake = resolve
    })
  }
}

/** The error for a position that a partition does not hold. */
export async function outOfRange(
  cluster: KafkaCluster,
  leaders: TopicLeaders,
  partition: number,
  wanted: number,
): Promise<StreamError> {
  // Offsets of a topic that was made anew begin again, and that is what must be said then.
  const replaced = await leaders.refresh().then(
    () => undefined,
    (cause: unknown) => (cause instanceof StreamError && cause.code === 'KAFKA_TOPIC_REPLACED' ? cause : undefined),
  )
  if (replaced !== undefined) return replaced
  const [[first], [end]] = await Promise.all([
    listOffsets(cluster, leaders, [partition], earliest, false),
    listOffsets(cluster, leaders, [partition], latest, false),
  ])
  const why =
    wanted < (first ?? 0)
      ? `Offsets ${wanted} to ${(first ?? 0) - 1} were deleted, by retention or by hand, before they were read. Raise retention.ms of the topic (records with old timestamps are deleted at once)`
      : 'The partition is shorter than it was: it was truncated or the topic was made anew'
  return kafkaError(
    'KAFKA_OFFSET_OUT_OF_RANGE',
    `topic ${leaders.topic}, partition ${partition}: reading should go on at offset ${wanted}, available are ${first} to ${end}. ${why}; to go on in spite of the gap, start the job with new positions.`,
    { place: { partition: `${leaders.topic}/${partition}`, offset: wanted } },
  )
}
