import { errorCodes } from '@rtp/kafka-protocol'
import type { PartitionLog } from '../log/partition-log.ts'
import type { RequestHandler } from '../request-context.ts'

const UP_TO_END = -1

/** DeleteRecords (21): moves the start of partitions up. */
export const deleteRecordsHandler: RequestHandler = {
  api: 'DeleteRecords',
  minVersion: 0,
  maxVersion: 1,
  handle: (request, response, { state, injectedError }) => {
    const topics = request.array(r => ({
      topic: r.string(),
      partitions: r.array(r2 => ({ partition: r2.int32(), offset: r2.int64() })),
    }))
    response.int32(0)
    response.array(topics, ({ topic, partitions }) => {
      response.string(topic)
      response.array(partitions, ({ partition, offset }) => {
        const log = state.topics.partition(topic, partition)
        const errorCode = injectedError || checkDeletion(log, offset)
        if (log !== undefined && errorCode === 0) {
          state.topics.deleteRecordsBefore(topic, partition, offset === UP_TO_END ? log.endOffset : offset)
        }
        response.int32(partition).int64(errorCode === 0 && log !== undefined ? log.startOffset : -1)
        response.int16(errorCode)
      })
    })
    return 'answer'
  },
}

function checkDeletion(log: PartitionLog | undefined, offset: number): number {
  if (log === undefined) return errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  return offset < UP_TO_END || offset > log.endOffset ? errorCodes.OFFSET_OUT_OF_RANGE : 0
}
