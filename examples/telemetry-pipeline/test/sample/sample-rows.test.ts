import { expect, test } from 'vitest'
import { sampleBlocks } from '../../src/sample/sample-rows.ts'

const text = (rows: number, seed = 1) => Buffer.concat([...sampleBlocks({ rows, seed })]).toString('utf8')

test('starts with a byte order mark and the header, and ends every line with CRLF', () => {
  const sample = text(1000)
  expect(sample.startsWith('\uFEFFsensor_id,value,event_time\r\n')).toBe(true)
  expect(sample.endsWith('\r\n')).toBe(true)
  expect(sample.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
})

test('holds exactly the rows that were asked for', () => {
  for (const rows of [1, 2, 999, 20_000]) expect(text(rows).split('\r\n').length).toBe(rows + 2)
})

test('gives the same bytes for the same seed and others for another', () => {
  expect(text(5000)).toBe(text(5000))
  expect(text(5000)).not.toBe(text(5000, 2))
})

test('has more than 200 sensors, times out of order by less than the 5 s of the watermark, and repeated times of a sensor', () => {
  const rows = text(50_000)
    .split('\r\n')
    .slice(1, -1)
    .map(line => line.split(','))
  expect(new Set(rows.map(row => row[0])).size).toBeGreaterThan(200)
  const keys = rows.map(row => `${row[0]} ${row[2]}`)
  const duplicates = keys.length - new Set(keys).size
  expect(duplicates).toBeGreaterThan(100)
  let latest = 0
  let farthestBehind = 0
  let outOfOrder = 0
  for (const row of rows) {
    const time = Date.parse(row[2]!)
    if (time < latest) outOfOrder++
    farthestBehind = Math.max(farthestBehind, latest - time)
    latest = Math.max(latest, time)
  }
  expect(outOfOrder).toBeGreaterThan(20_000)
  expect(farthestBehind).toBeGreaterThan(3000)
  expect(farthestBehind).toBeLessThan(5001)
})

test('writes values that are numbers', () => {
  for (const line of text(2000).split('\r\n').slice(1, -1)) expect(line.split(',')[1]).toMatch(/^-?\d+(\.\d{1,2})?$/)
})
