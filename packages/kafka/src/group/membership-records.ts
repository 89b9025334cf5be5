import { WireError, WireReader, WireWriter } from '@rtp/kafka-protocol'
import type { Deal } from './deal-partitions.ts'

/** What a member says of itself when it joins. */
export interface Subscription {
  readonly topics: readonly string[]
  readonly owned: ReadonlyMap<string, readonly number[]>
  readonly generation: number
}

/** Version of Kafka's own records around ours: ConsumerProtocolSubscription and ConsumerProtocolAssignment. */
const PROTOCOL_VERSION = 0
/** First byte of the user data. Members with a later version are dealt partitions, too; what they own is not known. */
const CLAIM_VERSION = 1

/** A member's metadata: the topics as any consumer writes them, and in the user data what the member owns and since which generation. */
export function writeSubscription({ topics, owned, generation }: Subscription): Buffer {
  const claim = new WireWriter().int8(CLAIM_VERSION).int32(generation)
  writeTopics(claim, owned)
  return new WireWriter()
    .int16(PROTOCOL_VERSION)
    .array(topics, (topic, writer) => writer.string(topic))
    .bytes(claim.toBuffer())
    .toBuffer()
}

/** Whatever the user data is: who writes something else owns nothing, as far as is known. */
export function readSubscription(bytes: Buffer): Subscription {
  let found: Subscription = { topics: [], owned: new Map(), generation: NO_GENERATION }
  try {
    const reader = new WireReader(bytes)
    reader.int16()
    found = { ...found, topics: reader.array(topic => topic.string()) }
    const claim = reader.nullableBytes()
    if (claim !== null) found = { ...found, ...readClaim(claim) }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
  }
  return found
}

/** What is sent to one member. */
function writeAssignment(partitions: ReadonlyMap<string, readonly number[]>): Buffer {
  const writer = new WireWriter().int16(PROTOCOL_VERSION)
  writeTopics(writer, partitions)
  return writer.bytes(Buffer.alloc(0)).toBuffer()
}

/** As kafkajs hands it to the group. */
export function writeDeal(deal: Deal): { memberId: string; memberAssignment: Buffer }[] {
  return [...deal].map(([memberId, partitions]) => ({ memberId, memberAssignment: writeAssignment(partitions) }))
}

/** Of a member that was never dealt anything. */
export const NO_GENERATION = -1

function readClaim(bytes: Buffer): Pick<Subscription, 'owned' | 'generation'> | undefined {
  const reader = new WireReader(bytes)
  if (reader.int8() !== CLAIM_VERSION) return undefined
  const generation = reader.int32()
  const topics = reader.array(item => [item.string(), item.array(partition => partition.int32())] as const)
  return { generation, owned: new Map(topics) }
}

function writeTopics(writer: WireWriter, partitions: ReadonlyMap<string, readonly number[]>): void {
  writer.array([...partitions], ([topic, numbers], item) =>
    item.string(topic).array(numbers, (partition, one) => one.int32(partition)),
  )
}
