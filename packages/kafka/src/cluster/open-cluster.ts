import { type Clock, type Logger, silentLogger, systemClock } from '@rtp/stream-core/extend'
import { kafkajsClient } from '../client.ts'
import type { KafkaConnectionOptions } from '../kafka-client.ts'
import { KafkaCluster } from './kafka-cluster.ts'

/** How long a job waits for the first broker to answer before it gives up. */
export const DEFAULT_REACH_TIMEOUT_MS = 60_000

export interface OpenOptions {
  readonly clock?: Clock
  readonly logger?: Logger
  /** Ends the wait for a broker early. */
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

/** Opens a cluster and waits until a broker answers. */
export async function openCluster(
  connection: KafkaConnectionOptions,
  options: OpenOptions = {},
): Promise<KafkaCluster> {
  const { logger = silentLogger, clock = systemClock } = options
  const cluster = new KafkaCluster({
    client: kafkajsClient({ ...connection, logger }),
    brokers: connection.brokers,
    clock,
    logger,
  })
  try {
    await cluster.waitUntilReachable(options.timeoutMs ?? DEFAULT_REACH_TIMEOUT_MS, options.signal)
    return cluster
  } catch (error) {
    await cluster.close()
    throw error
  }
}
