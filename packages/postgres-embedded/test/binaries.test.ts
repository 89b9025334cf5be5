import { execFileSync } from 'node:child_process'
import { cpSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { completePackage, platformPackage, sharedCopy } from '../src/binaries.ts'

test('what an install script that was not allowed left out is made up for', async () => {
  const packageDir = join(await folder(), 'package')
  cpSync(platformPackage(), packageDir, { recursive: true, verbatimSymlinks: true })
  const list: { target: string }[] = JSON.parse(readFileSync(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8'))
  for (const { target } of list) rmSync(join(packageDir, target), { force: true })
  await completePackage(packageDir)
  for (const { target } of list) expect(lstatSync(join(packageDir, target)).isSymbolicLink()).toBe(true)
  expect(execFileSync(join(packageDir, 'native', 'bin', 'postgres'), ['--version'], { encoding: 'utf8' })).toContain(
    'PostgreSQL',
  )
})

test('links that cannot be made end in the setting that allows the install script', async () => {
  const packageDir = await folder()
  mkdirSync(join(packageDir, 'native'))
  writeFileSync(join(packageDir, 'native', 'lib'), 'a file where the folder should be')
  writeFileSync(
    join(packageDir, 'native', 'pg-symlinks.json'),
    '[{"source":"native/lib/a.so.1","target":"native/lib/a.so"}]',
  )
  await expect(completePackage(packageDir)).rejects.toMatchObject({
    code: 'BINARIES_INCOMPLETE',
    message: expect.stringContaining('onlyBuiltDependencies'),
  })
})

test('binaries that the unprivileged user cannot reach are copied once', async () => {
  const root = join(await folder(), 'copies')
  const [first, second] = await Promise.all([sharedCopy(platformPackage(), root), sharedCopy(platformPackage(), root)])
  expect(second).toBe(first)
  expect(execFileSync(join(first, 'bin', 'postgres'), ['--version'], { encoding: 'utf8' })).toContain('PostgreSQL')
})

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'rtp-binaries-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}
