import { boundedOutOfOrderness, count, type SourceStream, type Stream, seconds, sum } from '@rtp/stream-core'

/** `key time number` per record to `key start count sum` per window of a second. */
export function counted(lines: SourceStream<string>): Stream<string> {
  return lines
    .map(line => line.split(' '))
    .map(([key = '', time, number]) => ({ key, time: Number(time), number: Number(number) }))
    .withEventTime(({ time }) => time, boundedOutOfOrderness(0))
    .keyBy(({ key }) => key, { partitionKey: true })
    .tumblingWindow(seconds(1), { name: 'per-second' })
    .aggregate({ count: count(), sum: sum(({ number }) => number) })
    .map(({ key, start, value }) => `${key} ${start} ${value.count} ${value.sum}`)
}
