import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEFAULT_CONFIG, type PipelineConfig } from '../../src/config/pipeline-config.ts'
import { csvReadings } from '../../src/verify/csv-readings.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readings-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function read(content: string | Buffer, config: PipelineConfig = DEFAULT_CONFIG) {
  const path = join(folder, 'in.csv')
  await writeFile(path, content)
  const all = { ids: [] as string[], values: [] as number[], times: [] as number[], badLines: [] as number[] }
  for await (const found of csvReadings(path, config)) {
    all.ids.push(...found.ids)
    all.values.push(...found.values)
    all.times.push(...found.times)
    all.badLines.push(...found.badLines)
  }
  return all
}

const HEADER = 'sensor_id,value,event_time\n'
const T = '2026-01-01T00:00:00Z'

test('reads byte order mark, CRLF, LF and CR, blank lines, and a last line without an end', async () => {
  const found = await read(`\uFEFF\r\nsensor_id,value,event_time\r\n\r\na,1,${T}\nb,2,${T}\r\rc,3,${T}`)
  expect(found).toEqual({ ids: ['a', 'b', 'c'], values: [1, 2, 3], times: Array(3).fill(Date.parse(T)), badLines: [] })
})

test('reads gzip', async () => {
  expect((await read(gzipSync(`${HEADER}a,1,${T}\n`))).ids).toEqual(['a'])
})

test('takes columns by their names in the header, in any order, with others between', async () => {
  const columns = { sensor_id: 'Phone', value: 'Rating', event_time: 'Time_GMT' }
  const found = await read(`Time_GMT,x,Rating, Phone \n2026-01-01 00:00:00.5,?,2,+49 151\n`, {
    ...DEFAULT_CONFIG,
    columns,
  })
  expect(found).toEqual({ ids: ['+49 151'], values: [2], times: [Date.UTC(2026, 0, 1) + 500], badLines: [] })
})

test('names the lines of bad rows', async () => {
  const rows = [
    `,1,${T}`,
    `  ,1,${T}`,
    `a,,${T}`,
    `a,NaN,${T}`,
    `a,Infinity,${T}`,
    `a,1e999,${T}`,
    `a,"1,5",${T}`,
    `a,0x10,${T}`,
    `a,1`,
    `a,1,${T},more`,
    'a,1,yesterday',
    'a,1,2026-02-30T00:00:00Z',
    'a,1,9999-01-01T00:00:00Z',
    'a,1,1899-12-31T23:59:59Z',
    `${'x'.repeat(1025)},1,${T}`,
  ]
  const found = await read(HEADER + rows.join('\n'))
  expect(found.ids).toEqual([])
  expect(found.badLines).toEqual(rows.map((_, i) => i + 2))
})

test('takes the spellings of numbers and times that the contract names', async () => {
  const values = ['1', ' -2.5 ', '+3', '.5', '5.', '1e3', '"7"', '0.1']
  const found = await read(HEADER + values.map(value => `a,${value},${T}\n`).join(''))
  expect(found).toMatchObject({ values: [1, -2.5, 3, 0.5, 5, 1000, 7, 0.1], badLines: [] })
  const times = [
    ['2026-01-01T02:00:00+02:00', Date.UTC(2026, 0, 1)],
    ['2026-01-01T00:00:00', Date.UTC(2026, 0, 1)],
    ['2026-01-01 00:00:00.123456', Date.UTC(2026, 0, 1) + 123],
    ['1969-12-31T23:59:59.999Z', -1],
    ['2025-12-31T24:00Z', Date.UTC(2026, 0, 1)],
    ['2026-01-01', Date.UTC(2026, 0, 1)],
    ['2026-01-01T00:00:00-0530', Date.UTC(2026, 0, 1, 5, 30)],
  ] as const
  expect((await read(HEADER + times.map(([text]) => `a,1,${text}\n`).join(''))).times).toEqual(
    times.map(([, time]) => time),
  )
})

test('reads epoch times in the declared unit only', async () => {
  const epoch = (form: PipelineConfig['eventTime']['form']) => ({
    ...DEFAULT_CONFIG,
    eventTime: { ...DEFAULT_CONFIG.eventTime, form },
  })
  const rows = `${HEADER}a,1,1700000000.5\na,1,1700000000001\n`
  expect(await read(rows, epoch('epoch-seconds'))).toMatchObject({ times: [1_700_000_000_500], badLines: [3] })
  expect(await read(rows, epoch('epoch-milliseconds'))).toMatchObject({
    times: [1_700_000_000, 1_700_000_000_001],
    badLines: [],
  })
  expect((await read(rows)).badLines).toEqual([2, 3])
})

test('takes quoted line ends and doubled quotes, and counts lines through them', async () => {
  const found = await read(`${HEADER}"a\r\nb",1,${T}\nbad\n"say ""hi""",2,${T}\nbad`)
  expect(found).toMatchObject({ ids: ['a\r\nb', 'say "hi"'], badLines: [4, 6] })
})

test('gives up one line for a broken quote and goes on in the next', async () => {
  const found = await read(`${HEADER}a"b,1,${T}\nc,1,${T}\n"d"e,1,${T}\nf,1,${T}\n"never closed,1,${T}\ng,1,${T}\n`)
  expect(found).toMatchObject({ ids: ['c', 'f', 'g'], badLines: [2, 4, 6] })
})

test('goes on behind a broken quote at the beginning of a large file, and takes a quoted field across blocks', async () => {
  const filler = Array.from({ length: 120_000 }, (_, i) => `s${i % 9},1,${T}\n`).join('')
  const found = await read(`${HEADER}"open,1,${T}\n${filler}"x\ny",1,${T}\n${filler}`)
  expect(found.badLines).toEqual([2])
  expect(found.ids.length).toBe(240_001)
})

test('counts a row that is no UTF-8 as bad, and reads one that is', async () => {
  const bytes = Buffer.concat([Buffer.from(`${HEADER}Zo`), Buffer.from([0xeb]), Buffer.from(`,1,${T}\nZoë,1,${T}\n`)])
  expect(await read(bytes)).toMatchObject({ ids: ['Zoë'], badLines: [2] })
})

test('counts a row that the file ends in the middle of as bad', async () => {
  expect(await read(`${HEADER}a,1,${T}\na,1,2026-01-01T00:0`)).toMatchObject({ ids: ['a'], badLines: [3] })
})

test.each([
  ['', /CSV_FILE_EMPTY/],
  ['\n\n', /CSV_FILE_EMPTY/],
  ['id,value,event_time\n', /CSV_COLUMN_MISSING.*"sensor_id".*id,value,event_time/],
  ['sensor_id,value,event_time,value\n', /CSV_COLUMN_DUPLICATED.*"value"/],
  ['sensor_id;value;event_time\n', /CSV_COLUMN_MISSING/],
])('refuses %j', async (content, message) => {
  await expect(read(content)).rejects.toThrow(message)
})

test('names a file that is not there', async () => {
  await expect(csvReadings(join(folder, 'none.csv'), DEFAULT_CONFIG).next()).rejects.toThrow(
    /CSV_UNREADABLE: .*none\.csv/,
  )
})
