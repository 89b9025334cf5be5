import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { integer, number, optional, readCsv, text, timestamp } from '../src/index.ts'
import { collect, errorOf } from './collect.ts'
import { temporaryFile } from './temporary-files.ts'

const READING = { sensor: text('Phone'), value: number('Rating'), at: timestamp('Time_GMT') }
const HEADER = 'Phone,Rating,Time_GMT'
const NOON = Date.UTC(2025, 0, 2, 12)

describe('readCsv', () => {
  it('gives typed rows, with the columns found by name', async () => {
    const files = temporaryFile(
      'Time_GMT,Note,Phone,Rating\n2025-01-02 12:00:00,hello,S1,12.5\n2025-01-02T12:00:00+02:00,,S2,-3\n',
    )
    expect((await collect({ files, columns: READING })).rows).toEqual([
      { sensor: 'S1', value: 12.5, at: NOON },
      { sensor: 'S2', value: -3, at: NOON - 7_200_000 },
    ])
  })

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('reads a file with BOM, %s, blank lines and no line end at the end', async (_, lineEnd) => {
    const files = temporaryFile(['\ufeffa,b', '', '1,x', '', '', '"2","y"', '3,z'].join(lineEnd))
    const { rows, bad } = await collect({ files, columns: { a: integer(), b: text() } })
    expect(rows).toEqual([
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
      { a: 3, b: 'z' },
    ])
    expect(bad).toEqual([])
  })

  it('keeps delimiters, line ends and doubled quotes of quoted fields', async () => {
    const files = temporaryFile('a,"the ""b"""\n1,"x, y"\n2,"line 1\r\nline 2"\n3,"say ""no"""\n4,""""\n')
    const { rows } = await collect({ files, columns: { a: integer(), b: text('the "b"') } })
    expect(rows.map(row => row.b)).toEqual(['x, y', 'line 1\r\nline 2', 'say "no"', '"'])
  })

  it.each([';', '\t', '|', ' '])('reads fields between %j', async delimiter => {
    const files = temporaryFile(`a,b\n1,"x,y"\n`.replaceAll(',', delimiter))
    expect((await collect({ files, delimiter, columns: { b: text() } })).rows).toEqual([{ b: `x${delimiter}y` }])
  })

  it('takes quotes for plain text when it is told so', async () => {
    const files = temporaryFile('a,b\n"1,5" tall\n')
    expect((await collect({ files, quote: null, columns: { a: text(), b: text() } })).rows).toEqual([
      { a: '"1', b: '5" tall' },
    ])
  })

  it('reads a file without a header by the names that it is given', async () => {
    const files = temporaryFile('S1,12.5\nS2,13\n')
    const columns = { value: number('v'), sensor: text('s') }
    expect((await collect({ files, header: ['s', 'v'], columns })).rows).toEqual([
      { value: 12.5, sensor: 'S1' },
      { value: 13, sensor: 'S2' },
    ])
    expect((await collect({ files: temporaryFile(''), header: ['s', 'v'], columns })).rows).toEqual([])
  })

  it('makes an empty field of an optional column null', async () => {
    const files = temporaryFile('a,b\n1,\n2,""\n3,4\n')
    const { rows } = await collect({ files, columns: { b: optional(integer()) } })
    expect(rows).toEqual([{ b: null }, { b: null }, { b: 4 }])
  })

  it('gives no rows for a file that has only a header', async () => {
    for (const content of [HEADER, `${HEADER}\n`, `\ufeff${HEADER}\r\n\r\n`]) {
      expect(await collect({ files: temporaryFile(content), columns: READING })).toMatchObject({ rows: [], bad: [] })
    }
  })

  it('reads files one behind the other, each by its own header', async () => {
    const files = [
      temporaryFile('a,b\n1,x\n2,y'),
      temporaryFile('b,a\r\nz,3\r\n'),
      temporaryFile(gzipSync('a,b\n4,w\n')),
    ]
    const { rows, position } = await collect({ files, columns: { a: integer(), b: text() } })
    expect(rows).toEqual([
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
      { a: 3, b: 'z' },
      { a: 4, b: 'w' },
    ])
    expect(position).toEqual({ file: files[2], line: 3, offset: 8, bytesBefore: 21 })
  })

  it('hands out batches of at most the rows that are asked for, whatever the block size', async () => {
    const content = `a\n${Array.from({ length: 100 }, (_, i) => `${i}\n`).join('')}`
    const sizes: number[] = []
    for await (const rows of readCsv({ files: temporaryFile(content), columns: { a: integer() }, batchRows: 40 }))
      sizes.push(rows.length)
    expect(sizes).toEqual([40, 40, 20])
    for (const blockBytes of [1, 2, 3, 7, 64]) {
      const { rows } = await collect({ files: temporaryFile(content), columns: { a: integer() }, blockBytes })
      expect(rows.map(row => row.a)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    }
  })

  it('counts rows and bad rows and knows where it is', async () => {
    const files = temporaryFile('a\n1\nx\n2\n')
    const batches = readCsv({ files, columns: { a: integer() }, onBadRecord: 'skip' })
    expect(batches.position).toEqual({ file: files, line: 1, offset: 0 })
    for await (const rows of batches) expect(rows).toEqual([{ a: 1 }, { a: 2 }])
    expect(batches).toMatchObject({ rows: 2, badRecords: 1, position: { file: files, line: 5, offset: 8 } })
  })

  it('goes on at any position as if it had never stopped, plain or compressed', async () => {
    const content =
      '\ufeffPhone,Rating,Time_GMT\r\n\r\nS1,1,2025-01-02\r\n"S\n""2""",2,2025-01-03\n\nbad\nS3,3,2025-01-04\rS4,4,2025-01-05'
    for (const files of [temporaryFile(content), temporaryFile(gzipSync(content), 'rows.csv.gz')]) {
      const options = { files, columns: READING, batchRows: 1, onBadRecord: 'skip' as const }
      const whole = (await collect(options)).rows
      expect(whole.map(row => row.value)).toEqual([1, 2, 3, 4])
      const batches = readCsv(options)
      for await (const _ of batches) {
        const { rows } = await collect({ ...options, from: batches.position, blockBytes: 5 })
        expect(rows).toEqual(whole.slice(batches.rows))
      }
    }
  })

  it('closes its file when the reader of its rows stops early', async () => {
    const files = temporaryFile('a\n1\n2\n3\n')
    const batches = readCsv({ files, columns: { a: integer() }, batchRows: 1 })
    for await (const rows of batches) {
      expect(rows).toEqual([{ a: 1 }])
      break
    }
    expect(batches.position).toEqual({ file: files, line: 3, offset: 4 })
  })

  it('ends when its signal is aborted', async () => {
    const files = temporaryFile(`a\n${'1\n'.repeat(100)}`)
    const stop = new AbortController()
    let rows = 0
    for await (const batch of readCsv({ files, columns: { a: integer() }, batchRows: 10, signal: stop.signal })) {
      rows += batch.length
      if (rows === 30) stop.abort()
    }
    expect(rows).toBe(30)
  })
})

describe('options', () => {
  it.each([
    ['delimiter', { delimiter: ';;' }],
    ['delimiter', { delimiter: 'é' }],
    ['delimiter', { delimiter: '\n' }],
    ['quote', { quote: ',' }],
    ['files', { files: [] }],
    ['files', { files: ['a.csv', 'a.csv'] }],
    ['columns', { columns: {} }],
    ['columns', { columns: { ['__proto__']: text() } }],
    ['header', { header: [] }],
    ['follow', { follow: true, gzip: true }],
    ['batchRows', { batchRows: 0 }],
    ['maxRowBytes', { maxRowBytes: 1.5 }],
  ])('names the option %s when it makes no sense', (option, wrong) => {
    const options = { files: 'rows.csv', columns: READING, ...wrong }
    expect(() => readCsv(options)).toThrow(`CSV_OPTION_INVALID: the option ${option} `)
  })

  it('refuses a position in a file that is not read', async () => {
    const files = temporaryFile('a\n1\n')
    expect(() => readCsv({ files, columns: { a: text() }, from: { file: 'other.csv', line: 2, offset: 2 } })).toThrow(
      'CSV_POSITION_INVALID',
    )
    const inside = collect({ files, columns: { a: text() }, from: { file: files, line: 1, offset: 1 } })
    expect((await errorOf(inside)).code).toBe('CSV_FILE_CHANGED')
  })
})
