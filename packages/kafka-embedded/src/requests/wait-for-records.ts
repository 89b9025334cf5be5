import type { PartitionLog } from '../log/partition-log.ts'
import type { RequestContext } from '../request-context.ts'
import { checkOffset, type FetchPartition, type FetchRequest, logOf, visibleEnd } from './fetch-request.ts'

/**
 * Waits until a Fetch has its minimum of bytes, an error to tell, or waited long enough; undefined when that is so already.
 *
 * Many appends in one turn of the event loop wake it once.
 */
export function waitForRecords(fetch: FetchRequest, { state, connection }: RequestContext): Promise<void> | undefined {
  const partitions = fetch.topics.flatMap(topic => topic.partitions)
  const log = (partition: FetchPartition) => logOf(state.topics, partition)
  const isReady = () => hasEnough(fetch, partitions, log)
  if (fetch.maxWaitMs <= 0 || isReady()) return undefined
  return new Promise(resolve => {
    let isChecking = false
    const stops = partitions.map(partition => log(partition)?.onChange(checkSoon))
    stops.push(connection.onClose(finish))
    const timeout = setTimeout(finish, fetch.maxWaitMs)

    function checkSoon(): void {
      if (isChecking) return
      isChecking = true
      setImmediate(() => {
        isChecking = false
        if (isReady()) finish()
      })
    }

    function finish(): void {
      clearTimeout(timeout)
      for (const stop of stops) stop?.()
      resolve()
    }
  })
}

function hasEnough(
  { minBytes, isReadCommitted }: FetchRequest,
  partitions: readonly FetchPartition[],
  logOf: (partition: FetchPartition) => PartitionLog | undefined,
): boolean {
  if (minBytes <= 0) return true
  let bytes = 0
  for (const partition of partitions) {
    const log = logOf(partition)
    if (log === undefined || checkOffset(log, partition) !== 0) return true
    const end = visibleEnd(log, isReadCommitted)
    if (partition.offset >= end) continue
    // Any batch has more than one byte: the usual minimum needs no look into the log.
    if (minBytes === 1) return true
    bytes += log.bytesBetween(partition.offset, end)
    if (bytes >= minBytes) return true
  }
  return false
}
