import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('uses Node in runtime/ and checkpoint/ alone, so that the semantics also run in a browser or worker', () => {
  const src = new URL('../src/', import.meta.url)
  const files = readdirSync(fileURLToPath(src), { recursive: true, encoding: 'utf8' }).filter(file =>
    file.endsWith('.ts'),
  )
  expect(files.length).toBeGreaterThan(50)
  const usesNode = files.filter(file => /from '(node:|[a-z@])/.test(readFileSync(new URL(file, src), 'utf8')))
  const elsewhere = usesNode.filter(file => !/^(runtime|checkpoint)[/\\]/.test(file))
  expect(elsewhere).toEqual([])
  // Globals that only Node has.
  const globals = files.filter(file =>
    /(?<![\w/-])(process\.(env|nextTick|hrtime|memoryUsage|exit|pid|platform|cwd)\b|Buffer\.[a-z])/.test(
      readFileSync(new URL(file, src), 'utf8'),
    ),
  )
  expect(globals.filter(file => !/^(runtime|checkpoint)[/\\]/.test(file))).toEqual([])
})
