import { AssertionError, deepStrictEqual, ok, strictEqual } from 'node:assert'
import type { PartitionReader, Position, SourceBatch } from '@rtp/stream-core/extend'
import { within } from './contract-case.ts'
import type { OpenedSource } from './opened-source.ts'

export async function deliversEverything<T>(source: OpenedSource<T>): Promise<void> {
  const session = await source.open()
  strictEqual(session.partitions.length, source.place.expected.length, 'the number of partitions')
  for (const [partition, expected] of source.place.expected.entries()) {
    const { values } = await source.readAll(await source.read(session, partition), partition)
    source.compare(values, expected, `partition ${partition}`)
  }
}

export async function resumesAnywhere<T>(source: OpenedSource<T>): Promise<void> {
  await resumes(source, position => position)
}

export async function resumesFromJson<T>(source: OpenedSource<T>): Promise<void> {
  await resumes(source, position => JSON.parse(JSON.stringify(position)) as Position)
}

export async function saysStart<T>(source: OpenedSource<T>): Promise<void> {
  const session = await source.open()
  for (const [partition, expected] of source.place.expected.entries()) {
    const fresh = await source.read(session, partition)
    const { start } = fresh
    await source.closeReader(fresh)
    // A first checkpoint stores the start before anything was read.
    const reader = await source.read(session, partition, start)
    deepStrictEqual(reader.start, start, 'start of a reader that was opened at a position')
    const { values, batches } = await source.readAll(reader, partition)
    source.compare(values, expected, `partition ${partition} from its start`)
    await source.closeReader(reader)
    const end = batches.at(-1)
    if (end === undefined) continue
    const behind = await source.read(session, partition, end.next)
    deepStrictEqual(behind.start, end.next, 'start of a reader that was opened behind the last record')
    await source.closeReader(behind)
  }
}

export async function movesForward<T>(source: OpenedSource<T>): Promise<void> {
  const session = await source.open()
  for (const partition of source.place.expected.keys()) {
    const reader = await source.read(session, partition)
    const { batches } = await source.readAll(reader, partition)
    let last: Position = reader.start
    const seen = new Set([JSON.stringify(last)])
    for (const { next } of batches) {
      const text = JSON.stringify(next)
      ok(!seen.has(text), `position ${text} came twice, though there were records in between`)
      if (typeof last === 'number' && typeof next === 'number') ok(next > last, `position ${next} follows ${last}`)
      seen.add(text)
      last = next
    }
  }
}

export async function columnsFit<T>(source: OpenedSource<T>): Promise<void> {
  const session = await source.open()
  const { recordTimes } = source.place.source
  for (const partition of source.place.expected.keys()) {
    const { batches } = await source.readAll(await source.read(session, partition), partition)
    let lastOffset = Number.NEGATIVE_INFINITY
    for (const { values, times, offsets, size, bytes, badRecords } of batches) {
      if (source.options.offsetsGrow === false) lastOffset = Number.NEGATIVE_INFINITY
      ok(size + badRecords.length > 0, 'a batch holds at least one record or bad record')
      strictEqual(values.length, size, 'values are as many as size says')
      ok(offsets.length >= size, 'there is an offset for each record')
      ok(bytes >= 0 && Number.isFinite(bytes), `bytes is a number from 0 on; it is ${bytes}`)
      if (recordTimes === true) ok(times !== undefined, 'the source says recordTimes, so batches have times')
      if (times !== undefined) ok(times.length >= size, 'there is a time for each record')
      for (const offset of offsets.subarray(0, size)) {
        ok(Number.isSafeInteger(offset), `an offset is a whole number; it is ${offset}`)
        ok(offset > lastOffset, `offset ${offset} follows ${lastOffset} in partition ${partition}`)
        lastOffset = offset
      }
    }
  }
}

export async function givesColumnsAway<T>(source: OpenedSource<T>): Promise<void> {
  const session = await source.open()
  for (let round = 0; round < 2; round++) {
    for (const [partition, expected] of source.place.expected.entries()) {
      const reader = await source.read(session, partition)
      const values: T[] = []
      const bad = source.place.expectedBad?.[partition]?.length ?? 0
      for (let left = expected.length + bad; left > 0; ) {
        const batch = await source.next(reader)
        values.push(...batch.values.slice(0, batch.size))
        left -= batch.size + batch.badRecords.length
        spoil(batch)
      }
      source.compare(values, expected, `partition ${partition}, its batches spoilt after each read`)
      await source.closeReader(reader)
    }
  }
}

export async function deliversBadRecords<T>(source: OpenedSource<T>): Promise<void> {
  const session = await source.open()
  for (const partition of source.place.expected.keys()) {
    const { bad } = await source.readAll(await source.read(session, partition), partition)
    const reasons = bad.map(({ reason }) => reason)
    deepStrictEqual(
      reasons,
      [...(source.place.expectedBad?.[partition] ?? [])],
      `bad records of partition ${partition}`,
    )
    for (const record of bad) {
      strictEqual(record.partitionIndex, partition, 'partition of a bad record')
      ok(record.bytes instanceof Uint8Array, 'a bad record has its bytes')
      ok(record.detail.length > 0, 'a bad record says what is wrong')
      ok(Number.isSafeInteger(record.offset), 'a bad record has its offset')
    }
  }
}

export async function readTwice<T>(source: OpenedSource<T>): Promise<void> {
  const sessions = [await source.open(), await source.open()]
  const expected = source.place.expected[0]!
  const readers = await Promise.all(sessions.map(session => source.read(session, 0)))
  const both = await Promise.all(readers.map(reader => source.readAll(reader, 0)))
  for (const { values } of both) source.compare(values, expected, 'partition 0, read twice at once')
}

export async function samePartitions<T>(source: OpenedSource<T>): Promise<void> {
  const first = await source.open()
  const second = await source.open()
  deepStrictEqual([...first.partitions], [...second.partitions])
  strictEqual(new Set(first.partitions).size, first.partitions.length, 'partitions have different names')
  const assigned = first.assigned?.() ?? []
  for (const index of assigned) ok(index < first.partitions.length, `partition ${index} is assigned and does not exist`)
}

export async function endsOrWaits<T>(source: OpenedSource<T>): Promise<void> {
  const session = await source.open()
  for (const partition of source.place.expected.keys()) {
    const reader = await source.read(session, partition)
    await source.readAll(reader, partition)
    strictEqual(reader.lag?.() ?? 0, 0, 'lag behind the last record')
    if (waits(source)) {
      await staysPending(reader.next())
    } else {
      for (let i = 0; i < 2; i++)
        strictEqual(await within(reader.next(), 'the end', source.options.patienceMs), undefined)
    }
    await source.closeReader(reader)
  }
}

export async function closes<T>(source: OpenedSource<T>): Promise<void> {
  const session = await source.open()
  const reader = await source.read(session, 0)
  await source.readAll(reader, 0)
  const underWay = reader.next()
  await within(source.closeReader(reader), 'close', source.options.patienceMs)
  const patience = source.options.patienceMs
  strictEqual(await within(underWay, 'the end of a read under way', patience), undefined, 'a read under way at close')
  strictEqual(await within(reader.next(), 'the end of a later read', patience), undefined, 'a read after close')
  const early = await source.read(session, 0)
  await source.closeReader(early)
  strictEqual(await within(early.next(), 'the end of a later read', patience), undefined, 'a first read after close')
}

export async function givesUpOnAbort<T>(source: OpenedSource<T>): Promise<void> {
  const session = await source.open()
  const reader = await source.read(session, 0)
  await source.readAll(reader, 0)
  const underWay = reader.next()
  source.job.abort()
  // Whether it comes back empty or says that it was aborted is the source's business.
  const settled = underWay.then(
    () => {},
    () => {},
  )
  await within(settled, 'the end of a read under way when the job ended', source.options.patienceMs)
  await within(source.closeReader(reader), 'close', source.options.patienceMs)
  await within(source.closeSession(session), 'close of the session', source.options.patienceMs)
}

export async function opensAgain<T>(source: OpenedSource<T>): Promise<void> {
  for (let i = 0; i < 3; i++) {
    const session = await source.open()
    const reader = await source.read(session, 0)
    const { values } = await source.readAll(reader, 0)
    source.compare(values, source.place.expected[0]!, `partition 0, opened for the ${i + 1}. time`)
    await source.closeReader(reader)
    await source.closeSession(session)
  }
}

export async function refusesPosition<T>(source: OpenedSource<T>, position: Position): Promise<void> {
  const session = await source.open()
  const read = async () => {
    const reader = await source.read(session, 0, position)
    const batch = await within(reader.next(), 'an error', source.options.patienceMs)
    const came = batch === undefined ? 'the end' : `${batch.size} records up to ${JSON.stringify(batch.next)}`
    throw new AssertionError({
      message: `position ${JSON.stringify(position)} is not in the partition, and ${came} came.`,
    })
  }
  await read().catch((cause: unknown) => {
    // Any other error is the refusal that is due.
    if (cause instanceof AssertionError) throw cause
  })
}

async function resumes<T>(source: OpenedSource<T>, stored: (position: Position) => Position): Promise<void> {
  const session = await source.open()
  for (const [partition, expected] of source.place.expected.entries()) {
    const whole = await source.read(session, partition)
    const { batches } = await source.readAll(whole, partition)
    await source.closeReader(whole)
    let [good, read] = [0, 0]
    for (const batch of batches) {
      good += batch.size
      read += batch.size + batch.badRecords.length
      const reader = await source.read(session, partition, stored(batch.next))
      const { values } = await source.readAll(reader, partition, read)
      const what = `partition ${partition} from ${JSON.stringify(batch.next)} on, which is behind record ${good}`
      source.compare(values, expected.slice(good), what)
      await source.closeReader(reader)
    }
  }
}

function waits<T>(source: OpenedSource<T>): boolean {
  return source.options.waitsAtEnd ?? !source.place.source.bounded
}

/** A source that goes on must not end: by the time that other work had its turn several times, nothing may have come. */
async function staysPending<T>(next: ReturnType<PartitionReader<T>['next']>): Promise<void> {
  let came: string | undefined
  next.then(
    batch => {
      came = batch === undefined ? 'it ended' : 'a batch came'
    },
    () => {},
  )
  for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
  strictEqual(came, undefined, 'a source that goes on waits behind the last record')
}

function spoil<T>(batch: SourceBatch<T>): void {
  batch.values.fill('spoilt' as T)
  batch.times?.fill(Number.NaN)
  batch.offsets.fill(Number.NaN)
}
