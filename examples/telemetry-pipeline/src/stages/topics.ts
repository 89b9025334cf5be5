import {
  ensureTopic,
  type KafkaConnectionOptions,
  type OpenOptions,
  type TopicDescription,
  topicOffsets,
} from '@rtp/kafka'
import type { Logger } from '@rtp/stream-core'
import type { Settings } from '../cli/settings.ts'

/** Where the rows go that cannot become a message. */
export function deadTopicOf(topic: string): string {
  return `${topic}.dead`
}

/** The brokers of the settings, as every connector takes them. */
export function connectionOf({ brokers = [], config: { timeouts } }: Settings): KafkaConnectionOptions {
  return {
    brokers,
    clientId: 'telemetry-pipeline',
    connectTimeoutMs: timeouts.connectMs,
    requestTimeoutMs: timeouts.answerMs,
  }
}

/** How long brokers are waited for, and who hears of it. */
export function waitOptions({ config }: Settings, logger: Logger, stopping: AbortSignal): OpenOptions {
  return { logger, signal: stopping, timeoutMs: config.startup.waitSeconds * 1000 }
}

/**
 * Makes the topic where it is missing. Brokers delete by the records' timestamps, which are event times here, so it keeps them for ever; an
 * existing topic that does not is warned about.
 */
export async function prepareTopic(
  settings: Settings,
  logger: Logger,
  stopping: AbortSignal,
): Promise<TopicDescription> {
  const { topic, partitions } = settings.config
  const spec = { topic, partitions, configs: KEEP_FOR_EVER }
  const description = await ensureTopic(connectionOf(settings), spec, waitOptions(settings, logger, stopping))
  warnOfRetention(description, logger)
  return description
}

/** Makes the topic of the dead rows where it is missing. */
export async function prepareDeadTopic(settings: Settings, logger: Logger, stopping: AbortSignal): Promise<void> {
  const spec = { topic: deadTopicOf(settings.config.topic), partitions: 1, configs: KEEP_FOR_EVER }
  await ensureTopic(connectionOf(settings), spec, waitOptions(settings, logger, stopping))
}

/** How many messages a topic holds. Errors of @rtp/kafka. */
export async function countMessages(settings: Settings, topic: string, options: OpenOptions): Promise<number> {
  const { earliest, latest } = await topicOffsets(connectionOf(settings), topic, options)
  return latest.reduce((sum, end, partition) => sum + end - (earliest[partition] ?? 0), 0)
}

/** Says so when a topic deletes records by their event time. */
export function warnOfRetention({ topic, retentionMs }: TopicDescription, logger: Logger): void {
  if (retentionMs === undefined || retentionMs === Number.POSITIVE_INFINITY) return
  const days = Math.round(retentionMs / 8_640_000) / 10
  logger.warn(
    `topic ${topic} has retention.ms=${retentionMs}: its brokers delete readings whose event time is older than ${days} days, read or not. Set retention.ms=-1 on it, or name another --topic.`,
  )
}

const KEEP_FOR_EVER = { 'retention.ms': '-1' }
