import { type ApiName, apiKeys, apiName, WireReader, WireWriter } from '@rtp/kafka-protocol'
import type { NewestVersions } from './broker-options.ts'
import type { Connection } from './connection/connection.ts'
import type { FaultPlan, Misfortune } from './faults.ts'
import type { BrokerState, Reply, RequestContext, RequestHandler } from './request-context.ts'
import { apiVersionsHandler, writeUnsupportedApiVersions } from './requests/api-versions.ts'
import { alterConfigsHandler, describeConfigsHandler, incrementalAlterConfigsHandler } from './requests/configs.ts'
import { deleteRecordsHandler } from './requests/delete-records.ts'
import { fetchHandler } from './requests/fetch.ts'
import { deleteGroupsHandler, describeGroupsHandler, listGroupsHandler } from './requests/group-administration.ts'
import {
  findCoordinatorHandler,
  heartbeatHandler,
  joinGroupHandler,
  leaveGroupHandler,
  syncGroupHandler,
} from './requests/group-membership.ts'
import { offsetCommitHandler, offsetFetchHandler, txnOffsetCommitHandler } from './requests/group-offsets.ts'
import { listOffsetsHandler } from './requests/list-offsets.ts'
import { metadataHandler } from './requests/metadata.ts'
import { produceHandler } from './requests/produce.ts'
import { createPartitionsHandler, createTopicsHandler, deleteTopicsHandler } from './requests/topic-administration.ts'
import {
  addOffsetsToTxnHandler,
  addPartitionsToTxnHandler,
  endTxnHandler,
  initProducerIdHandler,
} from './requests/transactions.ts'

function handlersUpTo(newest: NewestVersions): readonly RequestHandler[] {
  const handlers: readonly RequestHandler[] = [...HANDLERS, apiVersionsHandler(() => handlers)].map(handler => ({
    ...handler,
    maxVersion: Math.min(handler.maxVersion, newest[handler.api] ?? handler.maxVersion),
  }))
  return handlers
}

const HANDLERS: readonly RequestHandler[] = [
  produceHandler,
  fetchHandler,
  listOffsetsHandler,
  metadataHandler,
  offsetCommitHandler,
  offsetFetchHandler,
  findCoordinatorHandler,
  joinGroupHandler,
  heartbeatHandler,
  leaveGroupHandler,
  syncGroupHandler,
  describeGroupsHandler,
  listGroupsHandler,
  createTopicsHandler,
  deleteTopicsHandler,
  deleteRecordsHandler,
  initProducerIdHandler,
  addPartitionsToTxnHandler,
  addOffsetsToTxnHandler,
  endTxnHandler,
  txnOffsetCommitHandler,
  describeConfigsHandler,
  alterConfigsHandler,
  createPartitionsHandler,
  deleteGroupsHandler,
  incrementalAlterConfigsHandler,
]

/** Reads the header of a request, lets the planned faults strike, calls the API's handler and frames its answer. */
export class Dispatcher {
  readonly #state: BrokerState
  readonly #faults: FaultPlan
  readonly #counts = new Map<ApiName, number>()
  readonly #handlers: readonly RequestHandler[]
  readonly #handlersByKey: ReadonlyMap<number, RequestHandler>

  constructor(state: BrokerState, faults: FaultPlan, newest: NewestVersions) {
    this.#handlers = handlersUpTo(newest)
    this.#handlersByKey = new Map(this.#handlers.map(handler => [apiKeys[handler.api], handler]))
    this.#state = state
    this.#faults = faults
  }

  /** How many requests of an API have come so far. */
  requestCount(api: ApiName): number {
    return this.#counts.get(api) ?? 0
  }

  /** Returns the parts of the answer, size first, or undefined when there is none. */
  handle(frame: Buffer, connection: Connection): Buffer[] | undefined | Promise<Buffer[] | undefined> {
    const request = new WireReader(frame)
    const key = request.int16()
    const apiVersion = request.int16()
    const correlationId = request.int32()
    const clientId = request.nullableString() ?? ''
    const response = new WireWriter()
    const size = response.int32Placeholder()
    response.int32(correlationId)

    const handler = this.#handlersByKey.get(key)
    if (handler === undefined || apiVersion < handler.minVersion || apiVersion > handler.maxVersion) {
      if (key !== apiKeys.ApiVersions)
        throw new Error(`${apiName(key) ?? `API ${key}`} version ${apiVersion} is not offered`)
      writeUnsupportedApiVersions(response, this.#handlers)
      return response.patchLength(size).finish()
    }
    if (apiVersion >= (handler.flexibleFrom ?? Number.POSITIVE_INFINITY)) {
      request.tags()
      response.tags()
    }
    this.#counts.set(handler.api, this.requestCount(handler.api) + 1)
    const misfortune = this.#faults.next(handler.api)

    const act = (): Reply | Promise<Reply> => {
      // A client that left while its request was held back has no use for it any more, and the broker may be stopping.
      if (misfortune.drop === 'before-handling' || connection.isClosed) return 'drop'
      const { errorCode: injectedError } = misfortune
      const context: RequestContext = { state: this.#state, connection, apiVersion, clientId, injectedError }
      return handler.handle(request, response, context)
    }
    const finish = (reply: Reply): Buffer[] | undefined => {
      if (reply === 'drop' || misfortune.drop !== undefined) connection.drop()
      return reply === 'answer' ? response.patchLength(size).finish() : undefined
    }
    const waiting = this.#hold(misfortune, connection)
    const reply = waiting === undefined ? act() : waiting.then(act)
    return reply instanceof Promise ? reply.then(finish) : finish(reply)
  }

  #hold({ delayMs }: Misfortune, connection: Connection): Promise<void> | undefined {
    const { whenResumed } = this.#faults
    if (whenResumed === undefined && delayMs === 0) return undefined
    return (whenResumed ?? Promise.resolve()).then(
      () =>
        new Promise(resolve => {
          const timer = setTimeout(done, delayMs)
          const stop = connection.onClose(done)
          function done(): void {
            clearTimeout(timer)
            stop()
            resolve()
          }
        }),
    )
  }
}
