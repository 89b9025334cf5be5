import { errorCodes, type WireReader } from '@rtp/kafka-protocol'
import { BrokerError } from '../broker-error.ts'
import type { BrokerState, RequestHandler } from '../request-context.ts'
import { TopicConfig } from '../topics/topic-config.ts'
import { isValidPartitionCount, isValidTopicName } from '../topics/topic-store.ts'

interface NewTopic {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly config: [string, string][]
}

interface Outcome {
  readonly errorCode: number
  readonly message: string | null
}

const done: Outcome = { errorCode: 0, message: null }

/** CreateTopics (19). */
export const createTopicsHandler: RequestHandler = {
  api: 'CreateTopics',
  minVersion: 0,
  maxVersion: 3,
  handle: (request, response, { apiVersion: version, state, injectedError }) => {
    const topics = request.array(r => readNewTopic(r, state))
    request.int32()
    const validateOnly = version >= 1 && request.bool()
    if (version >= 2) response.int32(0)
    response.array(topics, topic => {
      const outcome = injectedError ? { errorCode: injectedError, message: null } : checkNewTopic(state, topic)
      if (outcome.errorCode === 0 && !validateOnly) state.topics.create(topic.name, topic.partitions, topic.config)
      response.string(topic.name).int16(outcome.errorCode)
      if (version >= 1) response.nullableString(outcome.message)
    })
    return 'answer'
  },
}

function readNewTopic(request: WireReader, state: BrokerState): NewTopic {
  const name = request.string()
  const count = request.int32()
  const replicationFactor = request.int16()
  const assignments = request.array(r => ({ partition: r.int32(), replicas: r.array(r2 => r2.int32()) }))
  const entries = request.array(r => [r.string(), r.nullableString()] as const)
  // -1 with assignments means as many as are assigned, without them the broker's default (KIP-464).
  const implied = assignments.length > 0 ? assignments.length : state.defaultPartitions
  const config = entries.flatMap(([key, value]): [string, string][] => (value === null ? [] : [[key, value]]))
  return { name, partitions: count === -1 ? implied : count, replicationFactor, config }
}

function checkNewTopic(state: BrokerState, { name, partitions, replicationFactor, config }: NewTopic): Outcome {
  if (!isValidTopicName(name)) {
    const message = `A topic name has 1 to 249 of the characters a-z, A-Z, 0-9, ".", "_" and "-", not "${name}".`
    return { errorCode: errorCodes.INVALID_TOPIC_EXCEPTION, message }
  }
  if (state.topics.get(name) !== undefined) {
    return { errorCode: errorCodes.TOPIC_ALREADY_EXISTS, message: `Topic "${name}" already exists.` }
  }
  if (!isValidPartitionCount(partitions)) {
    return { errorCode: errorCodes.INVALID_PARTITIONS, message: `A topic cannot have ${partitions} partitions.` }
  }
  if (replicationFactor !== -1 && replicationFactor !== 1) {
    const message = `Replication factor ${replicationFactor} is not possible with one broker.`
    return { errorCode: errorCodes.INVALID_REPLICATION_FACTOR, message }
  }
  return checkConfig(config)
}

/** Says whether the entries can be a topic's configuration. */
export function checkConfig(entries: Iterable<readonly [string, string]>): Outcome {
  try {
    new TopicConfig(entries)
    return done
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
    return { errorCode: errorCodes.INVALID_CONFIG, message: error.message }
  }
}

/** DeleteTopics (20). */
export const deleteTopicsHandler: RequestHandler = {
  api: 'DeleteTopics',
  minVersion: 0,
  maxVersion: 1,
  handle: (request, response, { apiVersion: version, state, injectedError }) => {
    const names = request.array(r => r.string())
    if (version >= 1) response.int32(0)
    response.array(names, name => {
      const deleted = () => (deleteTopic(state, name) ? 0 : errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
      response.string(name).int16(injectedError || deleted())
    })
    return 'answer'
  },
}

/** Deletes a topic and what groups committed on it; false when there is none. */
export function deleteTopic({ topics, groups }: Pick<BrokerState, 'topics' | 'groups'>, name: string): boolean {
  if (!topics.delete(name)) return false
  groups.topicDeleted(name)
  return true
}

/** CreatePartitions (37). */
export const createPartitionsHandler: RequestHandler = {
  api: 'CreatePartitions',
  minVersion: 0,
  maxVersion: 1,
  handle: (request, response, { state, injectedError }) => {
    const wanted = request.array(r => {
      const name = r.string()
      const count = r.int32()
      r.nullableArray(r2 => r2.array(r3 => r3.int32()))
      return { name, count }
    })
    request.int32()
    const validateOnly = request.bool()
    response.int32(0)
    response.array(wanted, ({ name, count }) => {
      const outcome = injectedError ? { errorCode: injectedError, message: null } : checkGrowth(state, name, count)
      const topic = state.topics.get(name)
      if (topic !== undefined && outcome.errorCode === 0 && !validateOnly) state.topics.addPartitions(topic, count)
      response.string(name).int16(outcome.errorCode).nullableString(outcome.message)
    })
    return 'answer'
  },
}

function checkGrowth(state: BrokerState, name: string, count: number): Outcome {
  const topic = state.topics.get(name)
  if (topic === undefined) return { errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, message: null }
  if (count > topic.partitions.length && isValidPartitionCount(count)) return done
  const message = `Topic "${name}" has ${topic.partitions.length} partitions, and ${count} is no larger number of them.`
  return { errorCode: errorCodes.INVALID_PARTITIONS, message }
}
