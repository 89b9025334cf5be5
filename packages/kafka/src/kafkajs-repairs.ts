import type { SendingQueue } from './sent-requests.ts'

/** A connection of kafkajs 2.2.4, as far as it is used or repaired. */
export interface KafkajsConnection {
  readonly connectionStatus: 'connected' | 'disconnecting' | 'disconnected'
  readonly requestQueue: KafkajsRequestQueue
  readonly socket?: { destroy(): void }
  /** What has come of an answer that is not complete. */
  chunks: Buffer[]
  bytesBuffered: number
  bytesNeeded: number
  connect(): Promise<unknown>
  processData(bytes: Buffer): void
  send(request: object): Promise<Buffer>
  disconnect(): Promise<unknown>
}

interface KafkajsRequestQueue extends SendingQueue {
  readonly pending: readonly unknown[]
  readonly inflight: ReadonlyMap<number, { sentAt: number }>
  throttledUntil: number
  scheduleCheckPendingRequests(): void
  rejectAll(cause: Error): void
}

/** Takes faults of kafkajs away, from a connection that has not been opened yet. */
export function repairConnection(connection: KafkajsConnection): void {
  stopIdleTimer(connection.requestQueue)
  forgetTornAnswer(connection)
  giveUpSilence(connection)
  bearSlowness(connection)
}

/**
 * After every answer its queue sets a timer in the past, which sets itself again every millisecond and makes newer versions of Node print a
 * TimeoutNegativeWarning.
 */
function stopIdleTimer(queue: KafkajsRequestQueue): void {
  const schedule = queue.scheduleCheckPendingRequests
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length === 0) return
    queue.throttledUntil = Math.max(queue.throttledUntil, Date.now() + 1)
    schedule.call(queue)
  }
}

/** A connection that broke within an answer and is opened again takes the half that it has for the beginning of the next one, and never understands another. */
function forgetTornAnswer(connection: KafkajsConnection): void {
  const connect = connection.connect
  connection.connect = () => {
    if (connection.connectionStatus !== 'connected') {
      connection.chunks = []
      connection.bytesBuffered = 0
      connection.bytesNeeded = LENGTH_BYTES
    }
    return connect.call(connection)
  }
}

const LENGTH_BYTES = 4

/** A request that got no answer leaves the connection open, and the next one waits on it just as long: but its peer may be gone without a word. */
function giveUpSilence(connection: KafkajsConnection): void {
  const send = connection.send
  connection.send = async request => {
    try {
      return await send.call(connection, request)
    } catch (cause) {
      if (cause instanceof Error && cause.name === 'KafkaJSRequestTimeoutError') {
        connection.requestQueue.rejectAll(cause)
        await connection.disconnect()
        connection.socket?.destroy()
      }
      throw cause
    }
  }
}

/** The time for an answer runs until its last byte, so that an answer which is larger than a slow network carries in it never comes, however often it is asked for. */
function bearSlowness(connection: KafkajsConnection): void {
  const processData = connection.processData
  connection.processData = bytes => {
    const now = Date.now()
    for (const request of connection.requestQueue.inflight.values()) request.sentAt = now
    processData.call(connection, bytes)
  }
}

/**
 * Times that kafkajs keeps by the wall clock, and compares with it, are moved along when that is set: heartbeats would stop for as long as it was set
 * back, until the group throws the member out, and so would requests. For a property that every instance of the class assigns.
 */
export function goByMonotonicTime(prototype: object, property: string): void {
  const times = new WeakMap<object, number>()
  Object.defineProperty(prototype, property, {
    get(this: object) {
      const time = times.get(this)
      return time === undefined ? undefined : time - performance.now() + Date.now()
    },
    set(this: object, time: number | null) {
      if (time === null) times.delete(this)
      else times.set(this, time - Date.now() + performance.now())
    },
  })
}
