import { errorCodes } from '@rtp/kafka-protocol'
import type { PartitionLog } from '../log/partition-log.ts'
import type { RequestHandler } from '../request-context.ts'
import { visibleEnd } from './fetch-request.ts'

const LATEST = -1
const EARLIEST = -2
const READ_COMMITTED = 1
const unknown = { offset: -1, timestamp: -1 }

/** ListOffsets (2): start, end, or the first record at or after a time. */
export const listOffsetsHandler: RequestHandler = {
  api: 'ListOffsets',
  minVersion: 1,
  maxVersion: 3,
  handle: (request, response, { apiVersion: version, state, injectedError }) => {
    request.int32()
    const isReadCommitted = version >= 2 && request.int8() === READ_COMMITTED
    const topics = request.array(r => ({
      topic: r.string(),
      partitions: r.array(r2 => ({ partition: r2.int32(), timestamp: r2.int64() })),
    }))
    if (version >= 2) response.int32(0)
    response.array(topics, ({ topic, partitions }) => {
      response.string(topic)
      response.array(partitions, ({ partition, timestamp }) => {
        const log = state.topics.partition(topic, partition)
        const errorCode = injectedError || (log === undefined ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : 0)
        const found = log !== undefined && errorCode === 0 ? lookUp(log, timestamp, isReadCommitted) : unknown
        response.int32(partition).int16(errorCode).int64(found.timestamp).int64(found.offset)
      })
    })
    return 'answer'
  },
}

function lookUp(log: PartitionLog, timestamp: number, isReadCommitted: boolean): { offset: number; timestamp: number } {
  if (timestamp === EARLIEST) return { offset: log.startOffset, timestamp: -1 }
  const end = visibleEnd(log, isReadCommitted)
  if (timestamp === LATEST) return { offset: end, timestamp: -1 }
  const found = log.findByTime(timestamp)
  return found === undefined || found.offset >= end ? unknown : found
}
