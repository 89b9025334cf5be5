import { bytes, describeTopic, kafkaSource } from '@rtp/kafka'
import { from, StreamError } from '@rtp/stream-core'
import { toArray } from 'ix/asynciterable'
import type { Settings } from '../cli/settings.ts'
import { textLogger } from '../output/console-logger.ts'
import type { TopicContent } from '../verify/verify-tables.ts'
import type { WaitContext } from './database.ts'
import { connectionOf, countMessages, deadTopicOf, waitOptions } from './topics.ts'

/** What the brokers hold of the topic and of its dead rows. Errors: `TOPIC_MISSING`, and those of @rtp/kafka. */
export async function readTopicContent(settings: Settings, { stopping, say }: WaitContext): Promise<TopicContent> {
  const { topic } = settings.config
  const options = waitOptions(settings, textLogger(say), stopping)
  const connection = connectionOf(settings)
  if ((await describeTopic(connection, topic, options)) === undefined) {
    throw new StreamError(
      'TOPIC_MISSING',
      `there is no topic ${topic} to compare with. Run \`produce\` first, or name another --topic.`,
    )
  }
  const messages = await countMessages(settings, topic, options)
  const dead = deadTopicOf(topic)
  const hasDeadTopic = (await describeTopic(connection, dead, options)) !== undefined
  return { messages, deadLines: hasDeadTopic ? await readDeadLines(settings, dead) : [] }
}

/** The line of every dead row, from its header. */
function readDeadLines(settings: Settings, topic: string): Promise<number[]> {
  const lines = kafkaSource({
    ...connectionOf(settings),
    topic,
    value: bytes,
    until: 'end',
    assignment: 'all',
    select: (_row, record) => {
      const [, line] = record.headers().find(([name]) => name === 'line') ?? []
      return Number(line?.toString() ?? Number.NaN)
    },
  })
  // A stream is an async iterable, so that any library of these can take it from here.
  return toArray(from(lines))
}
