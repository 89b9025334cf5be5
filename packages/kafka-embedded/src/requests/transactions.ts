import { errorCodes } from '@rtp/kafka-protocol'
import type { RequestHandler } from '../request-context.ts'

/** InitProducerId (22). */
export const initProducerIdHandler: RequestHandler = {
  api: 'InitProducerId',
  minVersion: 0,
  maxVersion: 1,
  handle: (request, response, { state: { transactions }, injectedError }) => {
    const transactionalId = request.nullableString()
    const timeoutMs = request.int32()
    const init = () =>
      transactionalId === null
        ? { errorCode: 0, ...transactions.newProducer() }
        : transactions.init(transactionalId, timeoutMs)
    const result = injectedError ? { errorCode: injectedError } : init()
    const { producerId, epoch } = 'producerId' in result ? result : { producerId: -1, epoch: -1 }
    response.int32(0).int16(result.errorCode).int64(producerId).int16(epoch)
    return 'answer'
  },
}

/** AddPartitionsToTxn (24): all partitions or none. */
export const addPartitionsToTxnHandler: RequestHandler = {
  api: 'AddPartitionsToTxn',
  minVersion: 0,
  maxVersion: 1,
  handle: (request, response, { state, injectedError }) => {
    const transactionalId = request.string()
    const producer = { producerId: request.int64(), epoch: request.int16() }
    const topics = request.array(r => ({ topic: r.string(), partitions: r.array(r2 => r2.int32()) }))
    const wanted = topics.flatMap(({ topic, partitions }) => partitions.map(partition => ({ topic, partition })))
    const isKnown = (topic: string, partition: number) => state.topics.partition(topic, partition) !== undefined
    const areAllKnown = wanted.every(({ topic, partition }) => isKnown(topic, partition))
    const added = () => (areAllKnown ? state.transactions.addPartitions(transactionalId, producer, wanted) : 0)
    const errorCode = injectedError || added()
    const notAll = (topic: string, partition: number) =>
      isKnown(topic, partition) ? errorCodes.OPERATION_NOT_ATTEMPTED : errorCodes.UNKNOWN_TOPIC_OR_PARTITION
    response.int32(0)
    response.array(topics, ({ topic, partitions }) => {
      response.string(topic)
      response.array(partitions, partition => {
        response.int32(partition).int16(areAllKnown || injectedError ? errorCode : notAll(topic, partition))
      })
    })
    return 'answer'
  },
}

/** AddOffsetsToTxn (25). */
export const addOffsetsToTxnHandler: RequestHandler = {
  api: 'AddOffsetsToTxn',
  minVersion: 0,
  maxVersion: 1,
  handle: (request, response, { state, injectedError }) => {
    const transactionalId = request.string()
    const producer = { producerId: request.int64(), epoch: request.int16() }
    const groupId = request.string()
    const added = () => state.transactions.addGroup(transactionalId, producer, groupId)
    response.int32(0).int16(injectedError || added())
    return 'answer'
  },
}

/** EndTxn (26). */
export const endTxnHandler: RequestHandler = {
  api: 'EndTxn',
  minVersion: 0,
  maxVersion: 1,
  handle: (request, response, { state, injectedError }) => {
    const transactionalId = request.string()
    const producer = { producerId: request.int64(), epoch: request.int16() }
    const commit = request.bool()
    const ended = () => state.transactions.end(transactionalId, producer, commit)
    response.int32(0).int16(injectedError || ended())
    return 'answer'
  },
}
