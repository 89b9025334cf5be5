import { BatchBuilder, type SinkWriter } from '@rtp/stream-core/extend'
import { forEachBroker } from '@rtp/test-servers/vitest'
import { describe, expect, it } from 'vitest'
import { field, json, type KafkaSinkOptions, kafkaSink, kafkaSource, partitionOfKey, text } from '../../src/index.ts'
import { freshTopic, offsetsOf, readAll, sinkContext, sourceContext, type TestTopic, valuesOf } from './test-topic.ts'

const reading = json({ sensor: field.integer(), value: field.number(), at: field.isoTime() })
interface Reading {
  readonly sensor: number
  readonly value: number
  readonly at: number
}

const START = Date.parse('2020-03-01T00:00:00Z')
const readings = (count: number): Reading[] =>
  Array.from({ length: count }, (_, index) => ({ sensor: index % 50, value: index / 8, at: START + index * 10 }))

async function writeAll<T>(writer: SinkWriter<T>, values: readonly T[], timeOf: (value: T) => number): Promise<void> {
  const builder = new BatchBuilder<T>()
  for (let from = 0; from < values.length; from += 1_000) {
    await writer.ready()
    for (const value of values.slice(from, from + 1_000)) builder.add(value, timeOf(value), 0, from)
    writer.write(builder.take(0, false))
  }
  await writer.seal()?.flush()
}

async function write(target: TestTopic, values: readonly Reading[], options: Partial<KafkaSinkOptions<Reading>> = {}) {
  const writer = await kafkaSink<Reading>({ ...target, value: reading, key: ({ sensor }) => sensor, ...options }).open(
    sinkContext(),
  )
  await writeAll(writer, values, ({ at }) => at)
  await writer.close()
}

forEachBroker(broker => {
  describe.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('with compression %s', compression => {
    it('gives back what was written: values, times, offsets, in order within each key', async () => {
      const target = await freshTopic(broker, { partitions: 3 })
      const written = readings(20_000)
      await write(target, written, { compression })
      const session = await kafkaSource({ ...target, value: reading, until: 'end' }).open(sourceContext())
      expect(session.partitions).toEqual([0, 1, 2].map(partition => `${target.topic}/${partition}`))
      const found: Reading[] = []
      for (const partition of [0, 1, 2]) {
        const reader = await session.read(partition, undefined)
        expect(reader.start).toBe(0)
        const batches = await readAll(reader)
        const values = valuesOf(batches)
        expect(offsetsOf(batches)).toEqual(values.map((_, offset) => offset))
        expect(batches.at(-1)!.next).toBe(values.length)
        expect(batches.flatMap(({ times, size }) => [...times!.subarray(0, size)])).toEqual(values.map(({ at }) => at))
        const placed = values.filter(
          ({ sensor }) =>
            partitionOfKey(Buffer.from(String(sensor)), 3) === partition && session.partitionOf!(sensor) === partition,
        )
        expect(placed).toEqual(values)
        expect(values.map(({ at }) => at)).toEqual(values.map(({ at }) => at).sort((one, other) => one - other))
        expect(reader.lag!()).toBe(0)
        found.push(...values)
      }
      await session.close()
      expect(found.sort((one, other) => one.at - other.at)).toEqual(written)
    })
  })

  it('goes on at a position, and gives the records before it to nobody', async () => {
    const target = await freshTopic(broker)
    await write(target, readings(5_000))
    const session = await kafkaSource({ ...target, value: reading, until: 'end' }).open(sourceContext())
    const offsets = offsetsOf(await readAll(await session.read(0, 4_321)))
    await session.close()
    expect(offsets).toEqual(Array.from({ length: 679 }, (_, index) => 4_321 + index))
  })

  it('waits for records that come later, and ends a wait when it is closed', async () => {
    const target = await freshTopic(broker)
    const session = await kafkaSource({ ...target, value: reading }).open(sourceContext())
    const reader = await session.read(0, undefined)
    const first = reader.next()
    await write(target, readings(1))
    expect((await first)!.values).toEqual(readings(1))
    const second = reader.next()
    await reader.close()
    expect(await second).toBeUndefined()
    await session.close()
  })

  it('begins at the end, or at a time, when told to', async () => {
    const target = await freshTopic(broker)
    await write(target, readings(100), { key: () => 'same' })
    const startOf = async (start: 'latest' | { timestamp: number }): Promise<unknown> => {
      const session = await kafkaSource({ ...target, value: reading, start }).open(sourceContext())
      const reader = await session.read(0, undefined)
      await session.close()
      return reader.start
    }
    expect(await startOf('latest')).toBe(100)
    // ListOffsets finds a batch by its largest time, and the record in it.
    expect(await startOf({ timestamp: START + 405 })).toBe(41)
    expect(await startOf({ timestamp: START + 1e9 })).toBe(100)
  })

  it('hands key and headers to select, and takes partitions in turns for records without a key', async () => {
    const target = await freshTopic(broker, { partitions: 2 })
    const writer = await kafkaSink<string>({
      ...target,
      value: text,
      headers: value => [
        ['kind', value],
        ['empty', null],
      ],
      batchBytes: 1_024,
    }).open(sinkContext())
    const written = Array.from({ length: 500 }, (_, index) => `value ${index}`)
    await writeAll(writer, written, () => Number.NaN)
    await writer.close()
    const session = await kafkaSource({
      ...target,
      value: text,
      until: 'end',
      select: (value, record) => ({ value, key: record.keyText(), headers: record.headers().map(String) }),
    }).open(sourceContext())
    const found = []
    for (const partition of [0, 1]) {
      const values = valuesOf(await readAll(await session.read(partition, undefined)))
      expect(values.length).toBeGreaterThan(100)
      found.push(...values)
    }
    await session.close()
    expect(found.length).toBe(500)
    expect(found.find(({ value }) => value === 'value 7')).toEqual({
      value: 'value 7',
      key: null,
      headers: ['kind,value 7', 'empty,'],
    })
  })
})
