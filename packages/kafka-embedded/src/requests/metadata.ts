import { errorCodes, type WireReader, type WireWriter } from '@rtp/kafka-protocol'
import type { BrokerState, RequestContext, RequestHandler } from '../request-context.ts'
import { isValidTopicName, type Topic } from '../topics/topic-store.ts'

const FLEXIBLE_FROM = 9
/** Of operations that a client may do: not asked for, or not known. */
const NO_OPERATIONS = -0x8000_0000
const NO_UUID = '0'.repeat(32)

/** Metadata (3): the one broker, and the topics with their ids and partitions. */
export const metadataHandler: RequestHandler = {
  api: 'Metadata',
  minVersion: 0,
  maxVersion: 12,
  flexibleFrom: FLEXIBLE_FROM,
  handle: (request, response, context) => {
    const { apiVersion: version, state } = context
    const asked = readTopics(request, version)
    const mayCreate = version >= 4 ? request.bool() : true
    // Version 0 has no null: there an empty list asks for all topics.
    const wantsAll = asked === null || (version === 0 && asked.length === 0)
    const wanted = wantsAll ? state.topics.all().map(({ name }) => ({ name, uuid: NO_UUID })) : asked
    if (version >= 3) response.int32(0)
    writeBroker(response, context)
    const writeOne = (one: AskedTopic): void => writeTopic(response, one, context, mayCreate)
    if (version >= FLEXIBLE_FROM) response.compactArray(wanted, writeOne)
    else response.array(wanted, writeOne)
    if (version >= 8 && version <= 10) response.int32(NO_OPERATIONS)
    if (version >= FLEXIBLE_FROM) response.tags()
    return 'answer'
  },
}

/** By name, or from version 12 on by id alone. */
interface AskedTopic {
  readonly name: string | null
  readonly uuid: string
}

function readTopics(request: WireReader, version: number): AskedTopic[] | null {
  if (version < FLEXIBLE_FROM) return request.nullableArray(r => ({ name: r.string(), uuid: NO_UUID }))
  return request.compactNullableArray(r => {
    const uuid = version >= 10 ? r.uuid() : NO_UUID
    const name = r.compactNullableString()
    r.tags()
    return { name, uuid }
  })
}

function writeBroker(response: WireWriter, { apiVersion: version, state: { node } }: RequestContext): void {
  if (version >= FLEXIBLE_FROM) {
    response.compactArray([node], ({ id, host, port }) => {
      response.int32(id).compactString(host).int32(port).compactNullableString(null).tags()
    })
    response.compactNullableString(node.clusterId).int32(node.id)
    return
  }
  response.int32(1).int32(node.id).string(node.host).int32(node.port)
  if (version >= 1) response.nullableString(null)
  if (version >= 2) response.nullableString(node.clusterId)
  if (version >= 1) response.int32(node.id)
}

function writeTopic(response: WireWriter, asked: AskedTopic, context: RequestContext, mayCreate: boolean): void {
  const { apiVersion: version, state, injectedError } = context
  const topic = injectedError === 0 ? findOrCreate(state, asked, mayCreate) : undefined
  response.int16(topic !== undefined ? 0 : injectedError || unknownCode(asked))
  if (version >= FLEXIBLE_FROM) response.compactNullableString(topic?.name ?? asked.name)
  else response.string(asked.name ?? '')
  if (version >= 10) response.uuid(topic?.uuid ?? asked.uuid)
  if (version >= 1) response.bool(false)
  const partitions = [...(topic?.partitions.keys() ?? [])]
  if (version < FLEXIBLE_FROM) {
    response.array(partitions, partition => writePartition(response, partition, context))
    if (version >= 8) response.int32(NO_OPERATIONS)
    return
  }
  response.compactArray(partitions, partition => writeFlexiblePartition(response, partition, context))
  response.int32(NO_OPERATIONS).tags()
}

function unknownCode({ name }: AskedTopic): number {
  if (name === null) return errorCodes.UNKNOWN_TOPIC_ID
  return isValidTopicName(name) ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : errorCodes.INVALID_TOPIC_EXCEPTION
}

function writePartition(
  response: WireWriter,
  partition: number,
  { apiVersion, state: { node } }: RequestContext,
): void {
  response.int16(0).int32(partition).int32(node.id)
  if (apiVersion >= 7) response.int32(LEADER_EPOCH)
  for (let list = 0; list < 2; list++) response.array([node.id], id => response.int32(id)) // replicas, in sync
  if (apiVersion >= 5) response.int32(0) // none offline
}

function writeFlexiblePartition(response: WireWriter, partition: number, { state: { node } }: RequestContext): void {
  response.int16(0).int32(partition).int32(node.id).int32(LEADER_EPOCH)
  for (let list = 0; list < 2; list++) response.compactArray([node.id], id => response.int32(id)) // replicas, in sync
  response.compactArray([], () => undefined).tags() // none offline
}

/** Leadership never moves. */
const LEADER_EPOCH = 0

function findOrCreate(state: BrokerState, { name, uuid }: AskedTopic, mayCreate: boolean): Topic | undefined {
  if (name === null) return state.topics.byUuid(uuid)
  const topic = state.topics.get(name)
  if (topic !== undefined || !(mayCreate && state.autoCreateTopics && isValidTopicName(name))) return topic
  return state.topics.create(name, state.defaultPartitions, [])
}
