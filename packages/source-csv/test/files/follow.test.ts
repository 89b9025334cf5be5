import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { integer, type ReadCsvOptions, readCsv } from '../../src/index.ts'
import { errorOf } from '../collect.ts'
import { temporaryFile } from '../temporary-files.ts'

const columns = { a: integer() }
type Options = Partial<ReadCsvOptions<typeof columns>>

/** Follows a file and takes its rows one array at a time. */
function follow(files: string | string[], options: Options = {}) {
  const stop = new AbortController()
  const batches = readCsv({ files, columns, follow: true, followPollMs: 2, signal: stop.signal, ...options })
  const iterator = batches[Symbol.asyncIterator]()
  return {
    stop,
    batches,
    async next(): Promise<number[] | undefined> {
      const { value, done } = await iterator.next()
      return done === true ? undefined : value.map((row: { a: number }) => row.a)
    },
  }
}

describe('a followed file', () => {
  it('gives rows once their line end is there, and ends when it is told to', async () => {
    const path = temporaryFile('a\n1\n2')
    const { next, stop, batches } = follow(path)
    expect(await next()).toEqual([1])
    const second = next()
    appendFileSync(path, '3')
    appendFileSync(path, '\n4')
    expect(await second).toEqual([23])
    expect(batches.position).toEqual({ file: path, line: 4, offset: 7 })
    const third = next()
    appendFileSync(path, '\r\n')
    expect(await third).toEqual([4])
    const end = next()
    stop.abort()
    expect(await end).toBeUndefined()
  })

  it('may be empty at first: the header is waited for too', async () => {
    const path = temporaryFile('')
    const { next, stop } = follow(path)
    const first = next()
    appendFileSync(path, '\ufeffa')
    appendFileSync(path, '\n7\n')
    expect(await first).toEqual([7])
    stop.abort()
  })

  it('is the last of several; those before it are read to their ends', async () => {
    const paths = [temporaryFile('a\n1\n2'), temporaryFile('a\n3\n4')]
    const { next, stop } = follow(paths)
    expect(await next()).toEqual([1])
    expect(await next()).toEqual([2])
    expect(await next()).toEqual([3])
    stop.abort()
  })

  it('goes on at a position that an earlier run ended at', async () => {
    const path = temporaryFile('a\n1\n2\n')
    const first = follow(path)
    expect(await first.next()).toEqual([1, 2])
    first.stop.abort()
    const second = follow(path, { from: first.batches.position })
    const rows = second.next()
    appendFileSync(path, '3\n')
    expect(await rows).toEqual([3])
    second.stop.abort()
  })

  it('that gets shorter is an error', async () => {
    const path = temporaryFile('a\n1\n2\n')
    const { next } = follow(path)
    expect(await next()).toEqual([1, 2])
    truncateSync(path, 2)
    expect((await errorOf(next())).code).toBe('CSV_FILE_TRUNCATED')
  })

  it('whose name another file takes is an error, after its own last rows', async () => {
    const path = temporaryFile('a\n1\n')
    const { next } = follow(path)
    expect(await next()).toEqual([1])
    renameSync(path, `${path}.1`)
    appendFileSync(`${path}.1`, '2\n')
    expect(await next()).toEqual([2])
    writeFileSync(path, 'a\n3\n')
    expect((await errorOf(next())).code).toBe('CSV_FILE_REPLACED')
  })

  it('is read from its beginning after it was cut or replaced, by option', async () => {
    const path = temporaryFile('a\n1\n2\n')
    const { next, stop, batches } = follow(path, { onReplaced: 'restart' })
    expect(await next()).toEqual([1, 2])
    truncateSync(path, 0)
    const afterCut = next()
    appendFileSync(path, 'a\n3\n')
    expect(await afterCut).toEqual([3])
    expect(batches.position).toEqual({ file: path, line: 3, offset: 4, bytesBefore: 6 })
    renameSync(path, `${path}.1`)
    const afterRename = next()
    writeFileSync(path, 'a\n4\n')
    expect(await afterRename).toEqual([4])
    stop.abort()
  })

  it('gives a bad row when its line has ended, not before', async () => {
    const path = temporaryFile('a\n1\n"2')
    const bad: number[] = []
    const { next, stop } = follow(path, { onBadRecord: record => bad.push(record.line ?? 0) })
    expect(await next()).toEqual([1])
    const rest = next()
    appendFileSync(path, '\n3"\n4,\n5\n')
    // The quoted field holds a line break, which makes it no integer.
    expect(await rest).toEqual([5])
    expect(bad).toEqual([3, 5])
    stop.abort()
  })
})
