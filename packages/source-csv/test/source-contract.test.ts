import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { sourceContract } from '@rtp/stream-testing'
import { afterAll, describe, it } from 'vitest'
import { type CsvSourceOptions, csvSource, integer, text } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'source-contract-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const columns = { id: text(), n: integer() }

/** A file and what is in it. */
interface Content {
  readonly path: string
  readonly rows: readonly { readonly id: string; readonly n: number }[]
  readonly bad: readonly string[]
}

const odd = written('odd.csv', '\ufeffid,n\r\na,1\r\nb,x\r\n\r\n"c ""3""\n",3\r\n"d",4\r\n"e"e,5\r\né,6', {
  rows: [
    { id: 'a', n: 1 },
    { id: 'c "3"\n', n: 3 },
    { id: 'd', n: 4 },
    { id: 'é', n: 6 },
  ],
  bad: ['INTEGER_INVALID', 'QUOTE_INVALID'],
})
const packed = written('packed.csv.gz', gzipSync('n,id\n7,f\n8,\n\n9,h\n10,i\n'), {
  rows: [
    { id: 'f', n: 7 },
    { id: 'h', n: 9 },
    { id: 'i', n: 10 },
  ],
  bad: ['FIELD_EMPTY'],
})
const growing = written('growing.csv', 'id,n\nj,11\nk,12\nl\nm,13\nhalf', {
  rows: [
    { id: 'j', n: 11 },
    { id: 'k', n: 12 },
    { id: 'm', n: 13 },
  ],
  bad: ['FIELDS_MISSING'],
})

describe('a file', () => hold([odd], {}))
describe('a compressed file', () => hold([packed], {}))
describe('several files', () => hold([odd, packed, written('empty.csv', 'id,n\n', { rows: [], bad: [] })], {}))
describe('a followed file', () => hold([growing], { follow: true, followPollMs: 1 }))
describe('several files, the last one followed', () => hold([packed, odd, growing], { follow: true, followPollMs: 1 }))

function hold(contents: readonly Content[], options: Partial<CsvSourceOptions<typeof columns>>): void {
  const files = contents.map(({ path }) => path)
  const cases = sourceContract({
    async create(batchRows) {
      return {
        source: csvSource({ files, columns, batchRows, ...options }),
        expected: [contents.flatMap(({ rows }) => rows)],
        expectedBad: [contents.flatMap(({ bad }) => bad)],
      }
    },
    unknownPositions: [
      3,
      { file: 'another.csv', line: 1, offset: 0 },
      { file: files[0]!, line: 2, offset: 1 },
      { file: files[0]!, line: 3, offset: 11 },
      { file: files[0]!, line: 99, offset: 100_000 },
      { file: files[0]!, line: 1, offset: -1 },
    ],
  })
  for (const { name, run } of cases) it(name, run)
}

function written(name: string, content: string | Uint8Array, holds: Omit<Content, 'path'>): Content {
  const path = join(folder, name)
  writeFileSync(path, content)
  return { path, ...holds }
}
