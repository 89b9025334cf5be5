import { readFile } from 'node:fs/promises'
import { expect, it, vi } from 'vitest'

const example = new URL('../src/main.ts', import.meta.url)
const readme = new URL('../../../README.md', import.meta.url)

it('prints one line for each sensor and minute, the late one counted', async () => {
  const lines: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...words: unknown[]) => void lines.push(words.join(' ')))
  await import('../src/main.ts')
  log.mockRestore()
  expect(lines).toEqual([
    '2026-01-01T10:00:00.000Z kitchen 21.5 2',
    '2026-01-01T10:00:00.000Z cellar 12.5 1',
    '2026-01-01T10:01:00.000Z kitchen 23.5 1',
  ])
})

it('is the program that the README shows', async () => {
  expect(await readFile(readme, 'utf8')).toContain(`\`\`\`ts\n${await readFile(example, 'utf8')}\`\`\``)
})
