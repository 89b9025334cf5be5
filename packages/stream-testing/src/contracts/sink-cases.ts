import { AssertionError, ok, strictEqual } from 'node:assert'
import { batchOf } from '../operators/operator-harness.ts'
import { rejects, within } from './contract-case.ts'
import type { OpenedSink } from './opened-sink.ts'

export async function showsDurableParts<T>(sink: OpenedSink<T>): Promise<void> {
  const writer = await sink.open()
  sink.write(writer, 1, 2, 3)
  await sink.shows([], 'after write')
  const part = sink.seal(writer)
  strictEqual(part.records, 3)
  ok(part.bytes >= 0, 'a part says how many bytes it has')
  await sink.shows([], 'after seal')
  await sink.commit(part)
  await sink.shows([1, 2, 3], 'once the part is durable')
  await sink.close(writer)
  await sink.shows([1, 2, 3], 'after close')
}

export async function cutsAtSeal<T>(sink: OpenedSink<T>): Promise<void> {
  const writer = await sink.open()
  sink.write(writer, 1, 2)
  sink.write(writer, 3)
  const first = sink.seal(writer)
  sink.write(writer, 4)
  const second = sink.seal(writer)
  sink.write(writer, 5)
  strictEqual(first.records, 3)
  strictEqual(second.records, 1)
  await sink.commit(first)
  await sink.shows([1, 2, 3], 'when the first part is durable')
  await sink.commit(second)
  await sink.shows([1, 2, 3, 4], 'when the second part is durable')
  await sink.commit(sink.seal(writer))
  await sink.shows([1, 2, 3, 4, 5], 'when the third part is durable')
}

export async function sealsNothing<T>(sink: OpenedSink<T>): Promise<void> {
  const writer = await sink.open()
  strictEqual(writer.seal(), undefined, 'seal() before the first write must return undefined')
  sink.writeBatch(writer, batchOf<T>([]))
  const empty = writer.seal()
  ok(empty === undefined || empty.records === 0, 'an empty batch makes no records')
  sink.write(writer, 1)
  await sink.commit(sink.seal(writer))
  strictEqual(writer.seal(), undefined, 'seal() right after seal() must return undefined')
}

export async function takesAnyBatch<T>(sink: OpenedSink<T>): Promise<void> {
  const writer = await sink.open()
  const numbers = Array.from({ length: 3_000 }, (_, i) => i)
  for (let at = 0, size = 1; at < numbers.length; at += size, size = (size * 3 + 1) % 1_000) {
    for (let wait = writer.ready(); wait !== undefined; wait = writer.ready()) {
      await sink.commit(sink.seal(writer))
      await within(wait, 'room in the sink', sink.options.patienceMs)
    }
    sink.write(writer, ...numbers.slice(at, at + size))
    await new Promise(resolve => setImmediate(resolve))
  }
  const rest = writer.seal()
  if (rest !== undefined) await sink.commit(rest)
  await sink.shows(numbers, 'after batches of many sizes')
}

export async function takesSizeOnly<T>(sink: OpenedSink<T>): Promise<void> {
  const writer = await sink.open()
  const batch = batchOf(sink.records([1, 2, 99, 98]))
  batch.size = 2
  sink.writeBatch(writer, batch)
  const part = sink.seal(writer)
  strictEqual(part.records, 2)
  await sink.commit(part)
  await sink.shows([1, 2], 'after a batch whose columns are longer than it')
}

export async function keepsOrder<T>(sink: OpenedSink<T>): Promise<void> {
  const writer = await sink.open()
  const numbers: number[] = []
  for (let part = 0; part < 5; part++) {
    for (let batch = 0; batch < 3; batch++) {
      const next = [100 - numbers.length, 99 - numbers.length]
      sink.write(writer, ...next)
      numbers.push(...next)
    }
    await sink.commit(sink.seal(writer))
  }
  await sink.shows(numbers, 'after five parts')
}

export async function givesUpTheRest<T>(sink: OpenedSink<T>): Promise<void> {
  const writer = await sink.open()
  sink.write(writer, 1)
  await sink.commit(sink.seal(writer))
  sink.write(writer, 2)
  sink.seal(writer)
  sink.write(writer, 3)
  await sink.close(writer)
  await sink.shows([1], 'after close with a part and a record that were not made durable')
}

export async function opensAgain<T>(sink: OpenedSink<T>): Promise<void> {
  for (const number of [1, 2, 3]) {
    const writer = await sink.open()
    sink.write(writer, number)
    await sink.commit(sink.seal(writer))
    await sink.close(writer)
  }
  await sink.shows([1, 2, 3], 'after three openings')
}

export async function opensTwice<T>(sink: OpenedSink<T>): Promise<void> {
  const [one, other] = [await sink.open(), await sink.open()]
  sink.write(one, 1)
  sink.write(other, 2)
  await sink.commit(sink.seal(one))
  await sink.shows([1], 'when the part of the first of two openings is durable')
  await sink.close(one)
  await sink.commit(sink.seal(other))
  await sink.shows([1, 2], 'after two openings at once')
}

export async function isReadyAtFirst<T>(sink: OpenedSink<T>): Promise<void> {
  const writer = await sink.open()
  strictEqual(writer.ready(), undefined, 'ready() of a sink that was just opened must be undefined')
  sink.write(writer, 1)
  await sink.commit(sink.seal(writer))
  strictEqual(writer.ready(), undefined, 'ready() must be undefined when everything is durable')
}

export async function rewritesAsSaid<T>(sink: OpenedSink<T>): Promise<void> {
  const writer = await sink.open()
  for (let i = 0; i < 2; i++) {
    sink.write(writer, 1, 2)
    await sink.commit(sink.seal(writer))
  }
  const { rewrite } = sink.place.sink
  await sink.shows(
    rewrite === 'append' ? [1, 2, 1, 2] : [1, 2],
    `after the same records twice, with rewrite '${rewrite}'`,
  )
}

export async function holdsBack<T>(sink: OpenedSink<T>): Promise<void> {
  const writer = await sink.open()
  const most = sink.options.holdsBackAfter ?? 0
  const numbers: number[] = []
  while (writer.ready() === undefined) {
    if (numbers.length > most)
      throw new AssertionError({ message: `${numbers.length} records wait, and ready() is still undefined.` })
    const next = Array.from({ length: 1_000 }, (_, i) => numbers.length + i)
    sink.write(writer, ...next)
    numbers.push(...next)
  }
  const wait = writer.ready()
  await sink.commit(sink.seal(writer))
  await within(Promise.resolve(wait), 'room in the sink after everything was made durable', sink.options.patienceMs)
  strictEqual(writer.ready(), undefined, 'ready() must be undefined when everything is durable')
  await sink.shows(numbers, 'after a sink was full')
}

export async function rollsBack<T>(sink: OpenedSink<T>): Promise<void> {
  // Only parts that join a transaction can be rolled back.
  if (!sink.joins) return
  const writer = await sink.open()
  sink.write(writer, 1)
  const part = sink.seal(writer)
  const undone = sink.transaction(async transaction => {
    await part.join?.(transaction)
    throw new Error('roll back')
  })
  await rejects(undone, 'any', 'a transaction that was rolled back')
  await sink.close(writer)
  await sink.shows([], 'after a rollback')
  const next = await sink.open()
  sink.write(next, 1)
  await sink.commit(sink.seal(next))
  await sink.shows([1], 'after the same record was written again')
}
