import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { integer, text } from '../../src/index.ts'
import { collect, errorOf } from '../collect.ts'
import { temporaryFile, temporaryFolder } from '../temporary-files.ts'

const columns = { a: integer() }

describe('a file', () => {
  it('that does not exist is an error that says what to do', async () => {
    const files = join(temporaryFolder(), 'none.csv')
    const error = await errorOf(collect({ files, columns }))
    expect(error.code).toBe('CSV_FILE_NOT_FOUND')
    expect(error.message).toContain(files)
    expect(error.message).toContain('Check the path')
  })

  it('that is a directory is an error that says so', async () => {
    expect((await errorOf(collect({ files: temporaryFolder(), columns }))).code).toBe('CSV_FILE_IS_DIRECTORY')
  })

  it('that may not be read is an error that says so', async () => {
    const files = temporaryFile('a\n1\n')
    chmodSync(dirname(files), 0o755)
    chmodSync(files, 0)
    const isRoot = process.geteuid?.() === 0
    // Root may read everything, so it steps down for a moment.
    if (isRoot) process.seteuid?.(65_534)
    try {
      expect((await errorOf(collect({ files, columns }))).code).toBe('CSV_FILE_NOT_READABLE')
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
  })

  it('that is compressed is seen by its bytes, whatever its name', async () => {
    for (const name of ['rows.csv', 'rows.csv.gz', 'rows']) {
      expect((await collect({ files: temporaryFile(gzipSync('a\n1\n'), name), columns })).rows).toEqual([{ a: 1 }])
    }
    expect((await collect({ files: temporaryFile('a\n1\n', 'rows.gz'), columns })).rows).toEqual([{ a: 1 }])
  })

  it('that consists of several gzip members is read to the end', async () => {
    const files = temporaryFile(Buffer.concat([gzipSync('a\n1\n2'), gzipSync('3\n4\n')]))
    expect((await collect({ files, columns })).rows.map(row => row.a)).toEqual([1, 23, 4])
  })

  it.each([
    ['cut', (bytes: Buffer) => bytes.subarray(0, bytes.length - 12)],
    ['cut in its trailer', (bytes: Buffer) => bytes.subarray(0, bytes.length - 2)],
    ['damaged', (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === bytes.length - 5 ? byte ^ 1 : byte)))],
    ['followed by something else', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('no gzip')])],
  ])('whose gzip data is %s ends in an error, never as if it were whole', async (_, spoil) => {
    const content = `a\n${Array.from({ length: 5000 }, (_, i) => `${(i * 7919) % 10_007}\n`).join('')}`
    const error = await errorOf(collect({ files: temporaryFile(spoil(gzipSync(content))), columns }))
    expect(error.code).toBe('CSV_GZIP_CORRUPT')
  })

  it('that is declared compressed and is not ends in an error', async () => {
    expect((await errorOf(collect({ files: temporaryFile('a\n1\n'), gzip: true, columns }))).code).toBe(
      'CSV_GZIP_CORRUPT',
    )
  })

  it('that is shorter or another one than at the last position is an error', async () => {
    for (const pack of [(content: string) => Buffer.from(content), gzipSync]) {
      const files = temporaryFile(pack('a\n1\n2\n3\n'))
      const from = { file: files, line: 3, offset: 6 }
      expect((await collect({ files, columns, from })).rows).toEqual([{ a: 3 }])
      for (const other of ['a\n1\n', 'a\n1\n2', 'a\n12345\n6\n']) {
        writeFileSync(files, pack(other))
        expect((await errorOf(collect({ files, columns, from }))).code).toBe('CSV_FILE_CHANGED')
      }
    }
  })

  it.skipIf(process.platform === 'win32')('may be a pipe, plain or compressed', async () => {
    for (const [content, gzip] of [
      ['a\n1\n2\n', false],
      [gzipSync('a\n1\n2\n'), true],
    ] as const) {
      const files = join(temporaryFolder(), 'pipe')
      execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', files])
      const [{ rows }] = await Promise.all([collect({ files, columns, gzip }), writeFile(files, content)])
      expect(rows).toEqual([{ a: 1 }, { a: 2 }])
    }
  })

  it('that was read to its end gives nothing more, until something is appended in a line of its own', async () => {
    const files = temporaryFile('a\n1\n2')
    const { position } = await collect({ files, columns })
    expect(position).toEqual({ file: files, line: 3, offset: 5 })
    expect((await collect({ files, columns, from: position })).rows).toEqual([])
    writeFileSync(files, 'a\n1\n23\n')
    expect((await errorOf(collect({ files, columns, from: position }))).code).toBe('CSV_FILE_CHANGED')
    writeFileSync(files, 'a\n1\n2\n3\n')
    expect((await collect({ files, columns, from: { ...position, offset: 6 } })).rows).toEqual([{ a: 3 }])
  })

  it('of 3 MB is the same in blocks of a kilobyte and of a megabyte', async () => {
    const content = `id,a\n${Array.from({ length: 60_000 }, (_, i) => `"sensor ${i % 97}${i % 13 === 0 ? '""' : ''}${i % 31 === 0 ? '\n' : ''}",${i}\n`).join('')}`
    const files = temporaryFile(content)
    const all = { id: text(), a: integer() }
    const large = await collect({ files, columns: all })
    const small = await collect({ files, columns: all, blockBytes: 1021, maxRowBytes: 100, batchRows: 7 })
    expect(large.rows).toHaveLength(60_000)
    expect(small).toEqual(large)
  })
})
