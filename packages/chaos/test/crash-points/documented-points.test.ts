import { readFile } from 'node:fs/promises'
import { CRASH_POINTS } from '@rtp/stream-core/extend'
import { expect, test } from 'vitest'

test('docs/crash-points.md lists the points as they are', async () => {
  const page = await readFile(new URL('../../../../docs/crash-points.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map(([, point, meaning]) => [point, meaning])
  expect(rows).toEqual(Object.entries(CRASH_POINTS))
})
