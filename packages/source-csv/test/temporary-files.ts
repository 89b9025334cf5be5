import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'source-csv-'))
  folders.push(folder)
  return folder
}

/** A file of its own folder; text is written as UTF-8. */
export function temporaryFile(content: string | Uint8Array, name = 'rows.csv'): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, content)
  return path
}
