import { WindowByHand } from './by-hand.ts'
import { calibrate, isValid, type Reading } from './reading.ts'

/** One async generator for each operator, one record at a time: how pipelines over async iterables are usually written. */
export async function runByGenerators(readings: readonly Reading[]): Promise<string> {
  const windows = new WindowByHand()
  const stamped = stamp(source(readings), windows)
  for await (const { key, value, at } of filtered(mapped(stamped))) windows.add(key, value, at)
  windows.close(Number.POSITIVE_INFINITY)
  return windows.result()
}

async function* source(readings: readonly Reading[]): AsyncGenerator<Reading> {
  yield* readings
}

async function* stamp(readings: AsyncIterable<Reading>, windows: WindowByHand): AsyncGenerator<Reading> {
  for await (const reading of readings) {
    yield reading
    windows.advance(reading.at)
  }
}

async function* mapped(readings: AsyncIterable<Reading>): AsyncGenerator<Reading> {
  for await (const reading of readings) yield calibrate(reading)
}

async function* filtered(readings: AsyncIterable<Reading>): AsyncGenerator<Reading> {
  for await (const reading of readings) if (isValid(reading)) yield reading
}
