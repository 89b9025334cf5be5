import { describe, expect, it } from 'vitest'
import { type Column, integer, number, readCsv, text, timestamp } from '../src/index.ts'
import { collect, errorOf } from './collect.ts'
import { temporaryFile } from './temporary-files.ts'

const COLUMNS = { id: text(), value: number(), at: timestamp('time') }
const GOOD = 'S1,1,2025-01-02T00:00:00Z'

/** A good row, the bad one, a good row. */
function between(bad: string | Buffer, delimiter = ','): string {
  const [head, tail] = ['id,value,time\n', `\n${GOOD}\n`].map(text => text.replaceAll(',', delimiter)) as [
    string,
    string,
  ]
  return temporaryFile(
    Buffer.concat([Buffer.from(`${head}${GOOD.replaceAll(',', delimiter)}\n`), Buffer.from(bad), Buffer.from(tail)]),
  )
}

describe('a bad row', () => {
  it.each([
    ['too few fields', 'S1,2', 'FIELDS_MISSING', '2 fields where 3'],
    ['too many fields', 'S1,2,2025-01-02,x', 'FIELDS_EXTRA', '4 fields where 3'],
    ['a decimal comma', 'S1,1,5,2025-01-02', 'FIELDS_EXTRA', '4 fields where 3'],
    ['a quoted decimal comma', 'S1,"1,5",2025-01-02', 'NUMBER_INVALID', 'column "value"'],
    ['NaN', 'S1,NaN,2025-01-02', 'NUMBER_INVALID', 'column "value"'],
    ['Infinity', 'S1,Infinity,2025-01-02', 'NUMBER_INVALID', 'column "value"'],
    ['a number beyond doubles', 'S1,1e999,2025-01-02', 'NUMBER_INVALID', 'column "value"'],
    ['no number', 'S1,,2025-01-02', 'FIELD_EMPTY', 'column "value"'],
    ['no id', ',1,2025-01-02', 'FIELD_EMPTY', 'column "id"'],
    ['an empty quoted id', '"",1,2025-01-02', 'FIELD_EMPTY', 'column "id"'],
    ['no time', 'S1,1,', 'FIELD_EMPTY', 'column "time"'],
    ['an unparsable time', 'S1,1,yesterday', 'TIMESTAMP_INVALID', 'column "time"'],
    ['a day that does not exist', 'S1,1,2025-02-30', 'TIMESTAMP_INVALID', 'column "time"'],
    ['an epoch time without a declared unit', 'S1,1,1735787045', 'TIMESTAMP_INVALID', 'unit'],
    ['a quote inside a field', 'S"1,1,2025-01-02', 'QUOTE_INVALID', 'quote'],
    ['text behind a closing quote', '"S"1,1,2025-01-02', 'QUOTE_INVALID', 'quote'],
    ['blanks alone', '   ', 'FIELDS_MISSING', '1 fields where 3'],
  ])('with %s is told apart, with line, offset and bytes, and costs no other row', async (_, bad, reason, detail) => {
    const files = between(bad)
    const { rows, bad: found } = await collect({ files, columns: COLUMNS })
    expect(rows).toHaveLength(2)
    expect(found).toEqual([
      {
        source: 'csv',
        partition: files,
        partitionIndex: 0,
        offset: 'id,value,time\n'.length + GOOD.length + 1,
        line: 3,
        reason,
        detail: expect.stringContaining(detail),
        bytes: expect.anything(),
      },
    ])
    expect(Buffer.from(found[0]!.bytes).toString()).toBe(bad)
  })

  it('with invalid UTF-8 in the middle keeps its original bytes, also where the column is not wanted', async () => {
    const bad = Buffer.from([0x53, 0xff, 0xfe, 0x2c, 0x31, 0x2c, 0x32, 0x30, 0x32, 0x35])
    const { rows, bad: found } = await collect({ files: between(bad), columns: { value: number() } })
    expect(rows).toHaveLength(2)
    expect(found).toMatchObject([{ reason: 'UTF8_INVALID', line: 3 }])
    expect(Buffer.from(found[0]!.bytes)).toEqual(bad)
  })

  it('with a decimal comma in a file of semicolons is a wrong number', async () => {
    const { bad } = await collect({ files: between('S1;1,5;2025-01-02', ';'), delimiter: ';', columns: COLUMNS })
    expect(bad).toMatchObject([{ reason: 'NUMBER_INVALID' }])
  })

  it('that begins in a quoted line break is named by the line where it begins', async () => {
    const { rows, bad } = await collect({ files: between('"S\n\n1",x,2025-01-02'), columns: COLUMNS })
    expect(rows).toHaveLength(2)
    expect(bad).toMatchObject([{ reason: 'NUMBER_INVALID', line: 3 }])
    expect(Buffer.from(bad[0]!.bytes).toString()).toBe('"S\n\n1",x,2025-01-02')
  })

  it('with a quote that is never closed costs its own line alone', async () => {
    const { rows, bad } = await collect({ files: between('"S1,1,2025-01-02'), columns: COLUMNS })
    expect(rows).toHaveLength(2)
    expect(bad).toMatchObject([{ reason: 'QUOTE_NOT_CLOSED', line: 3 }])
  })

  it('at the end of a file that was cut inside a quote is bad, cut elsewhere it is judged as it stands', async () => {
    const cut = (end: string) => collect({ files: temporaryFile(`id,value,time\n${GOOD}\n${end}`), columns: COLUMNS })
    expect(await cut('"S1,1')).toMatchObject({ rows: [{}], bad: [{ reason: 'QUOTE_NOT_CLOSED', line: 3 }] })
    expect(await cut('S1,1')).toMatchObject({ rows: [{}], bad: [{ reason: 'FIELDS_MISSING', line: 3 }] })
    expect(await cut('S1,1,2025-01-02T00:00')).toMatchObject({ rows: [{}, {}], bad: [] })
    expect(await cut('S1,1,"2025-01-02"')).toMatchObject({ rows: [{}, {}], bad: [] })
  })

  it('that is too long keeps its first bytes, and memory stays bounded', async () => {
    const long = 'x'.repeat(5_000_000)
    const files = between(`${long},1,2025-01-02`)
    const { rows, bad } = await collect({ files, columns: COLUMNS, maxRowBytes: 1000, blockBytes: 4096 })
    expect(rows).toHaveLength(2)
    expect(bad).toMatchObject([{ reason: 'ROW_TOO_LONG', line: 3 }])
    expect(Buffer.from(bad[0]!.bytes).toString()).toBe('x'.repeat(1000))
  })

  it('has a field that is too long, while an id longer than a kilobyte is none of it by default', async () => {
    const id = 'x'.repeat(1500)
    const row = `${id},1,2025-01-02`
    expect((await collect({ files: between(row), columns: COLUMNS })).rows[1]).toMatchObject({ id })
    expect(await collect({ files: between(row), columns: COLUMNS, maxFieldBytes: 1024 })).toMatchObject({
      bad: [{ reason: 'FIELD_TOO_LONG' }],
    })
    const columns = { id: text('id', { maxBytes: 1024 }) }
    expect(await collect({ files: between(row), columns })).toMatchObject({
      bad: [{ reason: 'FIELD_TOO_LONG', detail: expect.stringContaining('"id"') }],
    })
  })

  it('ends the reading by default, with an error that names file, line and column but not the content', async () => {
    const files = between('S1,secret,2025-01-02')
    const reading = (async () => {
      for await (const _ of readCsv({ files, columns: COLUMNS })) expect.fail('no batch was expected')
    })()
    const error = await errorOf(reading)
    expect(error.code).toBe('BAD_RECORD')
    expect(error.message).toContain(`${files}, line 3`)
    expect(error.message).toContain('column "value"')
    expect(error.message).not.toContain('secret')
    expect(error.place).toMatchObject({ partition: files, offset: 40 })
  })

  it('may have a reason that a column of the user gives', async () => {
    const colour: Column<'red' | 'green'> = {
      header: 'colour',
      decoder: () => ({
        decode(bytes, start, end, fault) {
          const name = Buffer.from(bytes.subarray(start, end)).toString()
          if (name === 'red' || name === 'green') return name
          fault.set('COLOUR_UNKNOWN', 'is no colour')
          return 'red'
        },
      }),
    }
    const { rows, bad } = await collect({ files: temporaryFile('colour\ngreen\nblue\n'), columns: { colour } })
    expect(rows).toEqual([{ colour: 'green' }])
    expect(bad).toMatchObject([{ reason: 'COLOUR_UNKNOWN', detail: 'column "colour" is no colour' }])
  })

  it('is handed over even when every row is bad', async () => {
    const files = temporaryFile(`a\n${'x\n'.repeat(1000)}`)
    const { rows, bad } = await collect({ files, columns: { a: integer() }, batchRows: 16 })
    expect(rows).toEqual([])
    expect(bad.map(record => record.line)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 2))
  })
})

it('reads the years 1 and 9999, times before 1970 and times of other zones', async () => {
  const files = temporaryFile(
    'time\n0001-01-01T00:00:00Z\n9999-12-31T23:59:59.999Z\n1969-07-20T20:17:40Z\n2025-01-02T01:00:00+02:00\n',
  )
  const { rows } = await collect({ files, columns: { at: timestamp('time') } })
  expect(rows.map(({ at }) => new Date(at).toISOString())).toEqual([
    '0001-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z',
    '1969-07-20T20:17:40.000Z',
    '2025-01-01T23:00:00.000Z',
  ])
})
