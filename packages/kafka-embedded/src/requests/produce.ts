import { errorCodes } from '@rtp/kafka-protocol'
import { batchProducerEpoch, batchProducerId, HEADER_BYTES, isTransactionalBatch } from '../log/batch-fields.ts'
import type { AppendResult } from '../log/partition-log.ts'
import type { RequestContext, RequestHandler } from '../request-context.ts'

const CORRUPT: AppendResult = { errorCode: errorCodes.CORRUPT_MESSAGE, baseOffset: -1 }

interface PartitionResult extends AppendResult {
  readonly partition: number
  readonly startOffset: number
}

/** Produce (0): appends one batch per partition. acks 1 and -1 mean the same on a single node, acks 0 gets no answer. */
export const produceHandler: RequestHandler = {
  api: 'Produce',
  minVersion: 0,
  maxVersion: 7,
  handle: (request, response, context) => {
    const { apiVersion: version } = context
    const transactionalId = version >= 3 ? request.nullableString() : null
    const acks = request.int16()
    request.int32()
    const forcedError = context.injectedError || (acks < -1 || acks > 1 ? errorCodes.INVALID_REQUIRED_ACKS : 0)
    let hasFailed = false
    const topics = request.array(r => ({
      topic: r.string(),
      partitions: r.array(r2 => ({ partition: r2.int32(), records: r2.nullableBytes() })),
    }))
    response.array(topics, ({ topic, partitions }) => {
      response.string(topic)
      response.array(partitions, ({ partition, records }) => {
        const result = forcedError
          ? failed(partition, forcedError)
          : append(context, transactionalId, topic, partition, records)
        hasFailed ||= result.errorCode !== 0
        response.int32(partition).int16(result.errorCode).int64(result.baseOffset)
        if (version >= 2) response.int64(-1)
        if (version >= 5) response.int64(result.startOffset)
      })
    })
    if (version >= 1) response.int32(0)
    if (acks !== 0) return 'answer'
    // The only way to tell a producer that wants no answers.
    return hasFailed ? 'drop' : 'silent'
  },
}

function append(
  { state }: RequestContext,
  transactionalId: string | null,
  topic: string,
  partition: number,
  records: Buffer | null,
): PartitionResult {
  const log = state.topics.partition(topic, partition)
  if (log === undefined) return failed(partition, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  if (records === null || records.length < HEADER_BYTES) {
    return { ...CORRUPT, partition, startOffset: log.startOffset }
  }
  if (isTransactionalBatch(records, 0)) {
    const producer = { producerId: batchProducerId(records, 0), epoch: batchProducerEpoch(records, 0) }
    const errorCode = state.transactions.checkWrite(transactionalId, producer, topic, partition)
    if (errorCode !== 0) return failed(partition, errorCode)
  }
  try {
    return { ...log.append(records), partition, startOffset: log.startOffset }
  } catch (error) {
    if (!isDiskError(error)) throw error
    return failed(partition, errorCodes.KAFKA_STORAGE_ERROR)
  }
}

function failed(partition: number, errorCode: number): PartitionResult {
  return { partition, errorCode, baseOffset: -1, startOffset: -1 }
}

function isDiskError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}
