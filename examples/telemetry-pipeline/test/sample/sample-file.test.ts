import { createHash } from 'node:crypto'
import { appendFile, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sampleFile } from '../../src/sample/sample-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sample-'))
})
afterEach(() => rm(folder, { recursive: true }))

const digest = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

test('makes the file once and uses it again', async () => {
  const first = await sampleFile(folder, { rows: 3000 })
  const { mtimeMs } = await stat(first.path)
  const second = await sampleFile(folder, { rows: 3000 })
  expect([first.made, second.made]).toEqual([true, false])
  expect(second.path).toBe(first.path)
  expect((await stat(second.path)).mtimeMs).toBe(mtimeMs)
})

test('makes a file that was changed or cut short again', async () => {
  const { path } = await sampleFile(folder, { rows: 3000 })
  const original = await digest(path)
  await appendFile(path, 'x')
  expect((await sampleFile(folder, { rows: 3000 })).made).toBe(true)
  expect(await digest(path)).toBe(original)
})

test('makes another file for another number of rows or another seed, and leaves nothing half done', async () => {
  const small = await sampleFile(folder, { rows: 10 })
  const large = await sampleFile(folder, { rows: 3000 })
  expect(await digest(small.path)).not.toBe(await digest(large.path))
  const before = await digest(small.path)
  await sampleFile(folder, { rows: 10, seed: 7 })
  expect(await digest(small.path)).not.toBe(before)
  expect((await readdir(dirname(small.path))).sort()).toEqual(['sample.csv', 'sample.csv.stamp'])
})
