import { createRequire } from 'node:module'
import { type ApiName, apiKeys } from '@rtp/kafka-protocol'
import { beforeEach, describe, expect, it } from 'vitest'
import type { EmbeddedBroker } from '../../src/index.ts'
import { batchOf } from '../batches.ts'
import { RawClient } from '../raw-client.ts'
import { testBroker } from '../test-clients.ts'

/** kafkajs knows every version up to its newest: each is sent as kafkajs encodes it, and its answer is read as kafkajs reads it. */
const require = createRequire(import.meta.url)
const { requests }: { requests: Record<string, Definition> } = require('kafkajs/src/protocol/requests')

interface Definition {
  readonly versions: string[]
  protocol(options: { version: number }): (parameters: unknown) => {
    request: { encode(): Promise<{ buffer: Buffer }> }
    response: { decode(bytes: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> }
  }
}

interface Context {
  readonly broker: EmbeddedBroker
  readonly client: RawClient
}

interface Member {
  readonly memberId: string
  readonly generationId: number
}

interface ProducerAnswer {
  readonly producerId: string
  readonly producerEpoch: number
}

/** kafkajs takes these answers also without their last field. */
const readLeniently = new Set<ApiName>(['ApiVersions'])

let context: Context

beforeEach(async () => {
  const broker = await testBroker({ defaultPartitions: 1 })
  broker.createTopic('t')
  context = { broker, client: await RawClient.connect(broker) }
})

async function exchange(api: ApiName, version: number, parameters: unknown): Promise<unknown> {
  const { request, response } = definitionOf(api).protocol({ version })(parameters)
  const { buffer } = await request.encode()
  const answer = await context.client.request(api, version, body => body.raw(Buffer.from(buffer)))
  const bytes = answer.view(answer.remaining)
  const decoded = await response.decode(bytes)
  if (readLeniently.has(api)) return response.parse(decoded)
  // Every byte counts: with one less it is another answer, or none.
  const shorter = await response.decode(bytes.subarray(0, -1)).catch(() => undefined)
  expect(shorter, 'bytes left over').not.toEqual(decoded)
  return response.parse(decoded)
}

function definitionOf(api: ApiName): Definition {
  const definition = requests[api === 'FindCoordinator' ? 'GroupCoordinator' : api]
  if (definition === undefined) throw new Error(`kafkajs does not know ${api}`)
  return definition
}

async function joined(groupId: string): Promise<Member> {
  const member = (await exchange('JoinGroup', 3, joinParameters(groupId))) as Member
  const groupAssignment = [{ memberId: member.memberId, memberAssignment: Buffer.from('all') }]
  await exchange('SyncGroup', 2, { groupId, ...member, groupAssignment })
  return member
}

function joinParameters(groupId: string) {
  return {
    groupId,
    sessionTimeout: 10_000,
    rebalanceTimeout: 10_000,
    memberId: '',
    groupInstanceId: 'static',
    protocolType: 'consumer',
    groupProtocols: [{ name: 'range', metadata: Buffer.from('m') }],
  }
}

async function inTransaction(transactionalId: string): Promise<ProducerAnswer> {
  const producer = (await exchange('InitProducerId', 1, {
    transactionalId,
    transactionTimeout: 1000,
  })) as ProducerAnswer
  await exchange('AddPartitionsToTxn', 1, { transactionalId, ...producer, topics: [{ topic: 't', partitions: [0] }] })
  await exchange('AddOffsetsToTxn', 1, { transactionalId, ...producer, groupId: 'g' })
  return producer
}

async function withGroupOffset(groupId: string): Promise<void> {
  const topics = [{ topic: 't', partitions: [{ partition: 0, offset: '7', metadata: 'm' }] }]
  await exchange('OffsetCommit', 5, { groupId, groupGenerationId: -1, memberId: '', topics })
}

const resources = [
  { type: 2, name: 't', configNames: ['retention.ms'], configEntries: [{ name: 'retention.ms', value: '9' }] },
]
const onePartition = (more: object) => [{ topic: 't', partitions: [{ partition: 0, ...more }] }]

interface Case {
  /** What kafkajs is asked to send; `id` is another one for every version. */
  readonly parameters: (id: string, version: number) => unknown
  readonly expected: unknown
}

const cases: Partial<Record<ApiName, Case>> = {
  ApiVersions: {
    parameters: () => undefined,
    expected: { apiVersions: expect.arrayContaining([{ apiKey: 0, minVersion: 0, maxVersion: 7 }]) },
  },
  Metadata: {
    parameters: () => ({ topics: ['t'], allowAutoTopicCreation: false }),
    expected: {
      brokers: [expect.objectContaining({ nodeId: 1, host: '127.0.0.1' })],
      topicMetadata: [
        expect.objectContaining({ topic: 't', partitionMetadata: [expect.objectContaining({ leader: 1 })] }),
      ],
    },
  },
  ListOffsets: {
    parameters: () => ({ isolationLevel: 0, topics: onePartition({ timestamp: '-1' }) }),
    expected: { responses: onePartition({ errorCode: 0, offset: '0', timestamp: '-1' }) },
  },
  OffsetCommit: {
    parameters: groupId => ({
      groupId,
      groupGenerationId: -1,
      memberId: '',
      retentionTime: '-1',
      topics: onePartition({ offset: '7', metadata: 'm' }),
    }),
    expected: { responses: onePartition({ errorCode: 0 }) },
  },
  OffsetFetch: {
    parameters: async groupId => {
      await withGroupOffset(groupId)
      return { groupId, topics: [{ topic: 't', partitions: [{ partition: 0 }] }] }
    },
    expected: { responses: onePartition({ errorCode: 0, offset: '7', metadata: 'm' }) },
  },
  FindCoordinator: {
    parameters: groupId => ({ groupId, coordinatorKey: groupId, coordinatorType: 0 }),
    expected: { coordinator: expect.objectContaining({ nodeId: 1, host: '127.0.0.1' }) },
  },
  JoinGroup: {
    parameters: async (groupId, version) => {
      if (version < 4) return joinParameters(groupId)
      // From version 4 on the first answer is an error that brings the id.
      const parameters = { ...joinParameters(groupId), groupInstanceId: null }
      const refusal: unknown = await exchange('JoinGroup', version, parameters).catch((error: unknown) => error)
      return { ...parameters, memberId: (refusal as { memberId?: string }).memberId }
    },
    expected: { generationId: 1, groupProtocol: 'range' },
  },
  SyncGroup: {
    parameters: async groupId => {
      const member = (await exchange('JoinGroup', 3, joinParameters(groupId))) as Member
      const groupAssignment = [{ memberId: member.memberId, memberAssignment: Buffer.from('all') }]
      return { groupId, ...member, groupAssignment }
    },
    expected: { memberAssignment: Buffer.from('all') },
  },
  Heartbeat: {
    parameters: async groupId => {
      const { memberId, generationId } = await joined(groupId)
      return { groupId, groupGenerationId: generationId, memberId }
    },
    expected: { errorCode: 0 },
  },
  LeaveGroup: {
    parameters: async groupId => {
      const { memberId } = await joined(groupId)
      return { groupId, memberId, members: [{ memberId }] }
    },
    expected: { errorCode: 0 },
  },
  DescribeGroups: {
    parameters: async groupId => {
      await joined(groupId)
      return { groupIds: [groupId] }
    },
    expected: { groups: [expect.objectContaining({ state: 'Stable', protocol: 'range' })] },
  },
  ListGroups: {
    parameters: async groupId => void (await withGroupOffset(groupId)),
    expected: { groups: expect.arrayContaining([{ groupId: expect.any(String), protocolType: '' }]) },
  },
  DeleteGroups: {
    parameters: async groupId => {
      await withGroupOffset(groupId)
      return [groupId]
    },
    expected: { results: [expect.objectContaining({ errorCode: 0 })] },
  },
  CreateTopics: {
    parameters: topic => ({ topics: [{ topic, numPartitions: 2 }], timeout: 100, validateOnly: false }),
    expected: { topicErrors: [expect.objectContaining({ errorCode: 0 })] },
  },
  DeleteTopics: {
    parameters: topic => {
      context.broker.createTopic(topic)
      return { topics: [topic], timeout: 100 }
    },
    expected: { topicErrors: [expect.objectContaining({ errorCode: 0 })] },
  },
  CreatePartitions: {
    parameters: topic => {
      context.broker.createTopic(topic)
      return { topicPartitions: [{ topic, count: 3 }], timeout: 100, validateOnly: false }
    },
    expected: { topicErrors: [expect.objectContaining({ errorCode: 0 })] },
  },
  DeleteRecords: {
    parameters: () => ({ topics: onePartition({ offset: '-1' }), timeout: 100 }),
    expected: { topics: onePartition({ errorCode: 0, lowWatermark: 0n }) },
  },
  DescribeConfigs: {
    parameters: () => ({ resources, includeSynonyms: false }),
    expected: {
      resources: [
        expect.objectContaining({
          resourceName: 't',
          configEntries: [expect.objectContaining({ configName: 'retention.ms', configValue: '-1', configSource: 5 })],
        }),
      ],
    },
  },
  AlterConfigs: {
    parameters: () => ({ resources, validateOnly: true }),
    expected: { resources: [{ errorCode: 0, errorMessage: null, resourceType: 2, resourceName: 't' }] },
  },
  InitProducerId: {
    parameters: transactionalId => ({ transactionalId, transactionTimeout: 1000 }),
    expected: { errorCode: 0, producerEpoch: 0 },
  },
  AddPartitionsToTxn: {
    parameters: async transactionalId => ({
      transactionalId,
      ...(await inTransaction(transactionalId)),
      topics: [{ topic: 't', partitions: [0] }],
    }),
    expected: { errors: [{ topic: 't', partitionErrors: [{ partition: 0, errorCode: 0 }] }] },
  },
  AddOffsetsToTxn: {
    parameters: async transactionalId => ({ transactionalId, ...(await inTransaction(transactionalId)), groupId: 'g' }),
    expected: { errorCode: 0 },
  },
  TxnOffsetCommit: {
    parameters: async transactionalId => ({
      transactionalId,
      ...(await inTransaction(transactionalId)),
      groupId: 'g',
      topics: onePartition({ offset: '7', metadata: null }),
    }),
    expected: { topics: onePartition({ errorCode: 0 }) },
  },
  EndTxn: {
    parameters: async transactionalId => ({
      transactionalId,
      ...(await inTransaction(transactionalId)),
      transactionResult: true,
    }),
    expected: { errorCode: 0 },
  },
  Produce: {
    parameters: () => ({
      acks: -1,
      timeout: 100,
      topicData: [{ topic: 't', partitions: [{ partition: 0, messages: [{ value: 'v' }] }] }],
    }),
    expected: { topics: [{ topicName: 't', partitions: [expect.objectContaining({ partition: 0, errorCode: 0 })] }] },
  },
  Fetch: {
    parameters: async () => {
      const batch = batchOf({ values: ['v'] })
      await context.client.request('Produce', 7, body => {
        body.nullableString(null).int16(-1).int32(100).int32(1).string('t').int32(1).int32(0).bytes(batch)
      })
      const topics = onePartition({ fetchOffset: '0', maxBytes: 1e6, currentLeaderEpoch: -1, logStartOffset: '-1' })
      return { maxWaitTime: 0, minBytes: 1, maxBytes: 1e6, isolationLevel: 0, topics }
    },
    expected: {
      responses: [
        {
          topicName: 't',
          partitions: [
            expect.objectContaining({
              partition: 0,
              messages: expect.arrayContaining([expect.objectContaining({ offset: '0' })]),
            }),
          ],
        },
      ],
    },
  },
}

/** Produce 0-2 carry the formats before 2, which are refused. */
const firstVersion: Partial<Record<ApiName, number>> = { Produce: 3 }

describe('every version that is offered', () => {
  it('is known to the cases below, for every API that kafkajs has', async () => {
    const answer = await context.client.request('ApiVersions', 0, () => {})
    answer.int16()
    const keys = answer.array(r => [r.int16(), r.int16(), r.int16()][0]!)
    const offered = Object.entries(apiKeys).filter(([, key]) => keys.includes(key))
    const names = offered.map(([name]) => name).filter(name => name !== 'IncrementalAlterConfigs')
    expect(names.sort()).toEqual(Object.keys(cases).sort())
  })

  for (const [name, { parameters, expected }] of Object.entries(cases)) {
    const api = name as ApiName

    it(`of ${api} is understood, and its answer is as kafkajs reads it`, async () => {
      const versions = await offeredVersions(api)
      for (const version of versions) {
        const answer = await exchange(api, version, await parameters(`id-${version}`, version))
        expect(answer, `version ${version}`).toMatchObject(expected as object)
      }
    })

    it(`of ${api} tells an error that was ordered in its own form`, async () => {
      for (const version of await offeredVersions(api)) {
        const values = await parameters(`id-${version}`, version)
        const fault = context.broker.faults.failNext(api, 'INVALID_REQUEST')
        const told = await exchange(api, version, values).then(findError, findError)
        expect(told, `version ${version}`).toBe('INVALID_REQUEST')
        expect(fault.strikes).toBe(1)
      }
    })
  }
})

/** The name of the error that kafkajs threw, or that it put into its answer. */
function findError(outcome: unknown): unknown {
  if (typeof outcome !== 'object' || outcome === null) return undefined
  if ('type' in outcome) return outcome.type
  const parts = Object.values(outcome).flat()
  if (outcome instanceof Error && 'errors' in outcome && Array.isArray(outcome.errors)) parts.push(...outcome.errors)
  return parts.map(findError).find(type => type !== undefined)
}

async function offeredVersions(api: ApiName): Promise<number[]> {
  const answer = await context.client.request('ApiVersions', 0, () => {})
  answer.int16()
  const offer = answer.array(r => ({ key: r.int16(), least: r.int16(), most: r.int16() }))
  const { least, most } = offer.find(({ key }) => key === apiKeys[api])!
  const known = definitionOf(api).versions.map(Number)
  const wanted = known.filter(version => version >= Math.max(least, firstVersion[api] ?? 0) && version <= most)
  expect(wanted.length).toBeGreaterThan(0)
  return wanted
}
