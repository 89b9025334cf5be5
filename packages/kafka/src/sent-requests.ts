import { apiKeys } from '@rtp/kafka-protocol'
import { type CrashPoint, reachPoint } from '@rtp/stream-core/extend'

/** The queue of a connection, as far as requests go into it. */
export interface SendingQueue {
  push(request: { readonly entry: { readonly apiKey: number }; sendRequest(): void }): void
}

/** Says when requests of a transaction have been handed to the system, as far as it takes them at once. */
export function tellOfSending(queue: SendingQueue): void {
  const push = queue.push
  queue.push = request => {
    const point = SENT.get(request.entry.apiKey)
    if (point === undefined) {
      push.call(queue, request)
      return
    }
    const sendRequest = (): void => {
      request.sendRequest()
      reachPoint(point)
    }
    push.call(queue, { ...request, sendRequest })
  }
}

const SENT: ReadonlyMap<number, CrashPoint> = new Map([
  [apiKeys.AddPartitionsToTxn, 'transaction-begin-sent'],
  [apiKeys.Produce, 'records-sent'],
  [apiKeys.EndTxn, 'transaction-end-sent'],
])
