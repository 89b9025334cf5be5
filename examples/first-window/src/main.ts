import { boundedOutOfOrderness, count, from, mean, minutes, seconds } from '@rtp/stream-core'

const readings = [
  { sensor: 'kitchen', at: Date.parse('2026-01-01T10:00:05Z'), celsius: 21 },
  { sensor: 'cellar', at: Date.parse('2026-01-01T10:00:20Z'), celsius: 12.5 },
  { sensor: 'kitchen', at: Date.parse('2026-01-01T10:01:02Z'), celsius: 23.5 },
  { sensor: 'kitchen', at: Date.parse('2026-01-01T10:00:59Z'), celsius: 22 }, // out of order, and still counted
]

const perMinute = from(readings)
  .withEventTime(r => r.at, boundedOutOfOrderness(seconds(5)))
  .keyBy(r => r.sensor)
  .tumblingWindow(minutes(1))
  .aggregate({ mean: mean(r => r.celsius), count: count() })

for await (const { key, start, value } of perMinute) {
  console.log(new Date(start).toISOString(), key, value.mean, value.count)
}
