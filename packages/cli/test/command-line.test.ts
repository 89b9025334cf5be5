import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { rtp } from './rtp.ts'

const here = ['--job', 'words', '--directory', '/nowhere']

describe('the command line of rtp', () => {
  it('is explained by --help, and when nothing is given', async () => {
    for (const args of [['--help'], [], ['checkpoint', 'list', '--help'], ['--', '--help']]) {
      const { code, out } = await rtp(...args)
      expect(code).toBe(0)
      for (const word of ['list', 'show', 'export', 'import', 'rewind', '--postgres', '--directory', '--json'])
        expect(out).toContain(word)
    }
  })

  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ['an option that does not exist', ['list', '--jobb', 'words'], 'there is no option --jobb; the nearest is --job'],
    ['an option like no other', ['list', '--xyzzy', '1'], 'there are --job, --postgres'],
    ['a command that does not exist', ['lsit', ...here], 'there is no such command; the nearest is list'],
    ['no command', [...here], 'give one of list, show, export, import, rewind'],
    ['more words than a command', ['list', 'words', ...here], 'there are only options'],
    ['no job', ['list', '--directory', 'x'], 'list needs --job NAME'],
    ['no place', ['list', '--job', 'words'], '--postgres URL or --directory DIR'],
    ['two places', ['list', ...here, '--postgres', 'postgres://x'], 'either --postgres or --directory'],
    ['a schema of a directory', ['list', ...here, '--schema', 's'], '--schema goes with --postgres'],
    ['an option without its value', ['list', '--job'], '--job needs a value'],
    ['an option instead of a value', ['list', '--job', '--json'], '--job needs a value'],
    ['an option twice', ['list', '--job', 'a', '--job', 'b'], '--job is given twice'],
    ['a value of a flag', ['list', ...here, '--json=yes'], '--json takes no value'],
    ['a checkpoint that is no number', ['show', ...here, '--checkpoint', '1.5'], '--checkpoint takes a whole number'],
    ['rewind to nowhere', ['rewind', ...here], 'rewind needs --checkpoint N'],
    ['export to nowhere', ['export', ...here], 'export needs --file FILE'],
    ['a file for list', ['list', ...here, '--file', 'x'], 'list takes no --file'],
    ['a checkpoint for list', ['list', ...here, '--checkpoint', '1'], 'list takes no --checkpoint'],
    ['replace for show', ['show', ...here, '--replace'], 'show takes no --replace'],
  ]
  for (const [what, args, message] of wrong) {
    it(`is refused with ${what}`, async () => {
      const { code, error, out } = await rtp('checkpoint', ...args)
      expect(error).toContain(message)
      expect(error).toContain('See rtp --help')
      expect({ code, out }).toEqual({ code: 2, out: '' })
    })
  }

  it('refuses another group of commands', async () => {
    expect(await rtp('checkpiont', 'list')).toMatchObject({ code: 2, error: expect.stringContaining('rtp checkpoint') })
  })

  it('never prints a password, wherever it stands', async () => {
    const secret = 's3cr3t%40word'
    const addresses = [
      `postgres://me:${secret}@127.0.0.1:1/db`,
      `postgres://me:${secret}@127.0.0.1:notaport/db`,
      `postgres://127.0.0.1:1/db?password=${secret}`,
    ]
    for (const address of addresses) {
      for (const args of [
        ['list', '--job', 'words', '--postgres', address],
        ['list', '--job', 'words', address],
        ['list', '--job', 'words', '--postgress', address],
        ['list', '--job', 'words', `--postgress=${address}`],
      ]) {
        const { code, error } = await rtp('checkpoint', ...args)
        expect(code).not.toBe(0)
        expect(error).not.toMatch(/s3cr3t/)
      }
    }
  }, 60_000)

  it('is a program with an exit code', () => {
    const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
    const hooks = new URL('../../../scripts/typescript-hooks.mjs', import.meta.url).href
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ['--conditions=@rtp/source', '--import', hooks, main, ...args], { encoding: 'utf8' })
    expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('rtp checkpoint'), stderr: '' })
    expect(run('checkpoint', 'list', '--jbo', 'x')).toMatchObject({ status: 2, stdout: '' })
  }, 60_000)
})
