import { StreamError } from '@rtp/stream-core/extend'
import { BackOff, pause } from '../cluster/back-off.ts'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import type { TopicLeaders } from '../cluster/topic-leaders.ts'
import { brokerError } from '../errors.ts'
import { listOffsetsRequest, readListOffsets } from '../requests/list-offsets.ts'

/**
 * The first offsets with this time or a later one (or `earliest`, `latest`), in the order of the partitions; -1 where there is none. Repeats
 * what may go away for up to `timeoutMs`.
 */
export async function listOffsets(
  cluster: KafkaCluster,
  leaders: TopicLeaders,
  partitions: readonly number[],
  timestamp: number,
  readCommitted: boolean,
  timeoutMs = 30_000,
): Promise<number[]> {
  const found = new Map<number, number>()
  const backOff = new BackOff()
  const until = cluster.clock.monotonic() + timeoutMs
  for (;;) {
    try {
      await ask(
        cluster,
        leaders,
        partitions.filter(partition => !found.has(partition)),
        timestamp,
        readCommitted,
        found,
      )
      return partitions.map(partition => found.get(partition)!)
    } catch (error) {
      if (!(error instanceof StreamError && error.retryable) || cluster.clock.monotonic() > until) throw error
      await pause(cluster.clock, backOff.nextMs(), cluster.signal)
      if (cluster.signal.aborted) throw error
      await leaders.refresh().catch(cause => {
        if (!(cause instanceof StreamError && cause.retryable)) throw cause
      })
    }
  }
}

async function ask(
  cluster: KafkaCluster,
  leaders: TopicLeaders,
  partitions: readonly number[],
  timestamp: number,
  readCommitted: boolean,
  found: Map<number, number>,
): Promise<void> {
  const byLeader = new Map<number, number[]>()
  for (const partition of partitions) {
    const leader = leaders.leaderOf(partition)
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition])
  }
  for (const [leader, led] of byLeader) {
    const request = listOffsetsRequest(leaders.topic, led, timestamp, readCommitted)
    for (const { partition, errorCode, offset } of await cluster.send(leader, request, readListOffsets)) {
      if (errorCode === 0) found.set(partition, offset)
      else throw brokerError(errorCode, `asking for offsets of topic ${leaders.topic}, partition ${partition}`)
    }
  }
}
