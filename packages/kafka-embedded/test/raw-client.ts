import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ApiName, apiKeys, WireReader, WireWriter } from '@rtp/kafka-protocol'
import { onTestFinished } from 'vitest'
import type { EmbeddedBroker } from '../src/index.ts'

/** Speaks the protocol with nothing between the test and the broker; ends with the test. */
export class RawClient {
  readonly socket: Socket
  #chunks: Buffer[] = []
  #chunkBytes = 0
  #neededBytes = 4
  #waiting: ((answer: WireReader) => void)[] = []
  #nextCorrelationId = 1

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', chunk => this.#receive(chunk))
    socket.on('error', () => {})
  }

  static async connect(broker: Pick<EmbeddedBroker, 'host' | 'port'>): Promise<RawClient> {
    const socket = connect(broker.port, broker.host)
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  /** Sends a request and resolves with its answer, read up to the body. */
  request(api: ApiName, version: number, writeBody: (body: WireWriter) => void): Promise<WireReader> {
    const answer = new Promise<WireReader>(resolve => this.#waiting.push(resolve))
    this.send(api, version, writeBody)
    return answer
  }

  /** Sends a request of which no answer is expected. */
  send(api: ApiName, version: number, writeBody: (body: WireWriter) => void): void {
    const writer = new WireWriter()
    const size = writer.int32Placeholder()
    writer
      .int16(apiKeys[api])
      .int16(version)
      .int32(this.#nextCorrelationId++)
      .nullableString('raw')
    writeBody(writer)
    this.socket.write(writer.patchLength(size).toBuffer())
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#chunkBytes += chunk.length
    while (this.#chunkBytes >= this.#neededBytes) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
      const end = 4 + bytes.readInt32BE()
      this.#chunks = [bytes]
      this.#neededBytes = end
      if (bytes.length < end) return
      const answer = new WireReader(bytes.subarray(4, end))
      answer.int32()
      this.#chunks = [bytes.subarray(end)]
      this.#chunkBytes = bytes.length - end
      this.#neededBytes = 4
      this.#waiting.shift()?.(answer)
    }
  }
}

export interface Acknowledgement {
  readonly errorCode: number
  readonly baseOffset: number
}

export interface ProduceOptions {
  readonly topic?: string
  readonly partition?: number
  readonly transactionalId?: string | null
}

/** Produces one batch with acks -1. */
export async function produce(
  client: RawClient,
  batch: Buffer,
  { topic = 't', partition = 0, transactionalId = null }: ProduceOptions = {},
): Promise<Acknowledgement> {
  const answer = await client.request('Produce', 7, body => {
    body.nullableString(transactionalId).int16(-1).int32(1000).int32(1).string(topic)
    body.int32(1).int32(partition).bytes(batch)
  })
  answer.int32()
  answer.string()
  answer.int32()
  answer.int32()
  return { errorCode: answer.int16(), baseOffset: answer.int64() }
}

export interface FetchOptions {
  readonly topic?: string
  readonly offset?: number
  readonly maxWaitMs?: number
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly partitionMaxBytes?: number
  readonly readCommitted?: boolean
}

export interface Fetched {
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly startOffset: number
  readonly aborted: readonly { producerId: number; firstOffset: number }[]
  readonly records: Buffer
}

/** Fetches partition 0 of a topic. */
export async function fetchRecords(client: RawClient, options: FetchOptions = {}): Promise<Fetched> {
  const { topic = 't', offset = 0, maxWaitMs = 0, minBytes = 1, maxBytes = 1e7, partitionMaxBytes = 1e6 } = options
  const answer = await client.request('Fetch', 11, body => {
    body.int32(-1).int32(maxWaitMs).int32(minBytes).int32(maxBytes)
    body
      .bool(options.readCommitted ?? false)
      .int32(0)
      .int32(-1)
      .int32(1)
      .string(topic)
    body.int32(1).int32(0).int32(-1).int64(offset).int64(-1).int32(partitionMaxBytes).int32(0).string('')
  })
  answer.skip(4 + 2 + 4 + 4)
  answer.string()
  answer.skip(4 + 4)
  const header = {
    errorCode: answer.int16(),
    highWatermark: answer.int64(),
    lastStableOffset: answer.int64(),
    startOffset: answer.int64(),
    aborted: answer.array(r => ({ producerId: r.int64(), firstOffset: r.int64() })),
  }
  answer.int32()
  return { ...header, records: answer.bytes() }
}

export interface Producer {
  readonly errorCode: number
  readonly producerId: number
  readonly producerEpoch: number
}

export async function initProducer(
  client: RawClient,
  transactionalId: string | null,
  timeoutMs = 60_000,
): Promise<Producer> {
  const answer = await client.request('InitProducerId', 1, body =>
    body.nullableString(transactionalId).int32(timeoutMs),
  )
  answer.int32()
  return { errorCode: answer.int16(), producerId: answer.int64(), producerEpoch: answer.int16() }
}

/** Adds partition 0 of a topic to the producer's transaction and returns the error code. */
export async function addPartition(client: RawClient, id: string, producer: Producer, topic = 't'): Promise<number> {
  const answer = await client.request('AddPartitionsToTxn', 1, body => {
    body.string(id).int64(producer.producerId).int16(producer.producerEpoch)
    body.int32(1).string(topic).int32(1).int32(0)
  })
  answer.skip(4 + 4)
  answer.string()
  answer.skip(4 + 4)
  return answer.int16()
}

/** Ends the producer's transaction and returns the error code. */
export async function endTransaction(
  client: RawClient,
  id: string,
  producer: Producer,
  commit: boolean,
): Promise<number> {
  const answer = await client.request('EndTxn', 1, body => {
    body.string(id).int64(producer.producerId).int16(producer.producerEpoch).bool(commit)
  })
  answer.int32()
  return answer.int16()
}
