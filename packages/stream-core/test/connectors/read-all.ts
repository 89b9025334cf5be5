import type { PartitionReader, Position, Source } from '../../src/connectors/source.ts'
import { silentLogger } from '../../src/metrics/logger.ts'
import { systemClock } from '../../src/time/clock.ts'

/** Opens the one partition of a source, as a job does. */
export async function openReader<T>(source: Source<T>, from?: Position): Promise<PartitionReader<T>> {
  const session = await source.open({
    job: 'test',
    signal: new AbortController().signal,
    clock: systemClock,
    logger: silentLogger,
    shareable: false,
    keepBadRecords: false,
  })
  return session.read(0, from)
}

/** All records from a position on, with the offset of each. */
export async function readAll<T>(source: Source<T>, from?: Position): Promise<[number, T][]> {
  const reader = await openReader(source, from)
  const all: [number, T][] = []
  for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
    for (let i = 0; i < batch.size; i++) all.push([batch.offsets[i]!, batch.values[i]!])
  }
  await reader.close()
  return all
}
