import { errorCodes, type WireWriter } from '@rtp/kafka-protocol'
import type { BrokerState, RequestContext, RequestHandler } from '../request-context.ts'
import { isValidTopicName, type Topic } from '../topics/topic-store.ts'

/** Metadata (3): the one broker, and the topics with their partitions. */
export const metadataHandler: RequestHandler = {
  api: 'Metadata',
  minVersion: 0,
  maxVersion: 6,
  handle: (request, response, context) => {
    const { apiVersion: version, state } = context
    const asked = request.nullableArray(r => r.string())
    const mayCreate = version >= 4 ? request.bool() : true
    // Version 0 has no null: there an empty list asks for all topics.
    const wantsAll = asked === null || (version === 0 && asked.length === 0)
    const names = wantsAll ? state.topics.all().map(({ name }) => name) : asked
    if (version >= 3) response.int32(0)
    writeBroker(response, context)
    response.array(names, name => writeTopic(response, name, context, mayCreate))
    return 'answer'
  },
}

function writeBroker(response: WireWriter, { apiVersion: version, state: { node } }: RequestContext): void {
  response.int32(1).int32(node.id).string(node.host).int32(node.port)
  if (version >= 1) response.nullableString(null)
  if (version >= 2) response.nullableString(node.clusterId)
  if (version >= 1) response.int32(node.id)
}

function writeTopic(response: WireWriter, name: string, context: RequestContext, mayCreate: boolean): void {
  const { apiVersion: version, state, injectedError } = context
  const topic = injectedError === 0 ? findOrCreate(state, name, mayCreate) : undefined
  const unknown = isValidTopicName(name) ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : errorCodes.INVALID_TOPIC_EXCEPTION
  response.int16(topic !== undefined ? 0 : injectedError || unknown).string(name)
  if (version >= 1) response.bool(false)
  const replicas = [state.node.id]
  response.array([...(topic?.partitions.keys() ?? [])], partition => {
    response.int16(0).int32(partition).int32(state.node.id)
    response.array(replicas, id => response.int32(id)).array(replicas, id => response.int32(id))
    if (version >= 5) response.int32(0)
  })
}

function findOrCreate(state: BrokerState, name: string, mayCreate: boolean): Topic | undefined {
  const topic = state.topics.get(name)
  if (topic !== undefined || !(mayCreate && state.autoCreateTopics && isValidTopicName(name))) return topic
  return state.topics.create(name, state.defaultPartitions, [])
}
