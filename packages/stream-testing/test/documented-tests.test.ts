import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const ROOT = new URL('../../../', import.meta.url)

/** `path`: "title", "title" */
const REFERENCE = /`((?:packages|examples)\/[^`\s]+)`: ("[^"]+"(?:, "[^"]+")*)/g

test.each(['docs/failures.md', 'docs/delivery-guarantees.md'])(
  'the tests that %s names are there, under these titles',
  async page => {
    const text = await readFile(new URL(page, ROOT), 'utf8')
    const named = [...text.matchAll(REFERENCE)].flatMap(([, path, titles]) =>
      [...titles!.matchAll(/"([^"]+)"/g)].map(([, title]) => ({ path: path!, title: title! })),
    )
    expect(named.length).toBeGreaterThan(10)
    const missing: string[] = []
    for (const { path, title } of named) {
      const file = await readFile(new URL(path, ROOT), 'utf8').catch(() => '')
      if (!file.includes(title)) missing.push(`${path}: ${title}`)
    }
    expect(missing).toEqual([])
  },
)

test('the files that docs/failures.md links to are there', async () => {
  const page = new URL('docs/failures.md', ROOT)
  const links = [...(await readFile(page, 'utf8')).matchAll(/\]\((\.\.\/[^)#]+\.ts)\)/g)].map(([, link]) => link!)
  for (const link of links) await expect(readFile(new URL(link, page), 'utf8')).resolves.not.toBe('')
})
