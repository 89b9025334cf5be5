import { createRequire } from 'node:module'
import { WireError } from '@rtp/kafka-protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { fetchRequest, readFetch } from '../../src/requests/fetch.ts'
import { initProducerIdRequest, readInitProducerId } from '../../src/requests/init-producer-id.ts'
import { listOffsetsRequest, readListOffsets } from '../../src/requests/list-offsets.ts'
import { metadataRequest, readMetadata } from '../../src/requests/metadata.ts'
import { readProduce } from '../../src/requests/produce.ts'
import {
  createTopicRequest,
  deleteTopicRequest,
  describeTopicConfigsRequest,
  readCreateTopics,
  readDescribeConfigs,
} from '../../src/requests/topic-admin.ts'

const require = createRequire(import.meta.url)

/** The body that kafkajs writes for the same request. */
async function kafkajsBody(api: string, version: number, options: object): Promise<Buffer> {
  const request: (options: object) => { encode(): Promise<{ buffer: Buffer }> } = require(
    `kafkajs/src/protocol/requests/${api}/v${version}/request`,
  )
  return (await request(options).encode()).buffer
}

/** One of before topic ids. */
const OLD_BROKER = { maxVersion: () => 11 }

const partitions = fc.uniqueArray(fc.nat(1_000), { minLength: 1, maxLength: 20 })
const topic = fc.stringMatching(/^[a-z.]{1,20}$/)

describe('requests', () => {
  it('for Fetch are those of kafkajs', async () => {
    await fc.assert(
      fc.asyncProperty(
        topic,
        partitions,
        fc.nat(2 ** 40),
        fc.boolean(),
        async (name, numbers, offset, readCommitted) => {
          const asked = numbers.map(partition => ({ partition, offset: offset + partition, maxBytes: 1_000 }))
          const options = { maxWaitMs: 500, maxBytes: 9_999, readCommitted }
          const ours = fetchRequest({ name, id: undefined }, asked, options, OLD_BROKER)
          const theirs = await kafkajsBody('fetch', 11, {
            replicaId: -1,
            maxWaitTime: 500,
            minBytes: 1,
            maxBytes: 9_999,
            isolationLevel: readCommitted ? 1 : 0,
            topics: [
              {
                topic: name,
                partitions: asked.map(one => ({ ...one, fetchOffset: String(one.offset), currentLeaderEpoch: -1 })),
              },
            ],
          })
          expect(ours.body).toEqual(theirs)
        },
      ),
      { numRuns: propertyRuns(50) },
    )
  })

  it('for ListOffsets, InitProducerId, Metadata and topics are those of kafkajs', async () => {
    const listed = {
      replicaId: -1,
      isolationLevel: 1,
      topics: [{ topic: 't', partitions: [{ partition: 3, timestamp: -2 }] }],
    }
    expect(listOffsetsRequest('t', [3], -2, true).body).toEqual(await kafkajsBody('listOffsets', 3, listed))
    const identity = { transactionalId: null, transactionTimeout: 60_000 }
    expect(initProducerIdRequest().body).toEqual(await kafkajsBody('initProducerId', 1, identity))
    const metadata = { topics: ['a', 'b'], allowAutoTopicCreation: false }
    expect(metadataRequest(['a', 'b'], OLD_BROKER).body).toEqual(await kafkajsBody('metadata', 6, metadata))
    const made = {
      topics: [
        {
          topic: 't',
          numPartitions: 3,
          replicationFactor: -1,
          configEntries: [{ name: 'retention.ms', value: '-1' }],
        },
      ],
      timeout: 5_000,
      validateOnly: false,
    }
    expect(
      createTopicRequest({ topic: 't', partitions: 3, replicationFactor: -1, configs: { 'retention.ms': '-1' } }, 5_000)
        .body,
    ).toEqual(await kafkajsBody('createTopics', 3, made))
    expect(deleteTopicRequest('t', 5_000).body).toEqual(
      await kafkajsBody('deleteTopics', 1, { topics: ['t'], timeout: 5_000 }),
    )
    const described = { resources: [{ type: 2, name: 't', configNames: ['retention.ms'] }], includeSynonyms: false }
    expect(describeTopicConfigsRequest('t', ['retention.ms']).body).toEqual(
      await kafkajsBody('describeConfigs', 2, described),
    )
  })
})

describe('answers of any bytes', () => {
  it.each<[string, (bytes: Buffer) => unknown]>([
    ['Fetch 11', bytes => readFetch(bytes, 11)],
    ['Fetch 13', bytes => readFetch(bytes, 13)],
    ['Produce', readProduce],
    ['ListOffsets', readListOffsets],
    ['InitProducerId', readInitProducerId],
    ['Metadata 6', bytes => readMetadata(bytes, 6)],
    ['Metadata 12', bytes => readMetadata(bytes, 12)],
    ['CreateTopics', readCreateTopics],
    ['DescribeConfigs', readDescribeConfigs],
  ])('are read or refused as %s, without end or overflow', (_name, read) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), content => {
        try {
          read(Buffer.from(content))
        } catch (error) {
          expect(error).toBeInstanceOf(WireError)
        }
      }),
      { numRuns: propertyRuns(500) },
    )
  })
})
