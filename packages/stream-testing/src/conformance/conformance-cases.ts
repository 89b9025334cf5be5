import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { parseCases } from './case-file.ts'
import type { ConformanceCase } from './conformance-case.ts'

export interface ConformanceFile {
  /** The file's name, without its folder. */
  readonly name: string
  readonly cases: readonly ConformanceCase[]
}

/** The cases that this package ships, or those of another folder of case files; in the order of the files' names. */
export function conformanceCases(folder: string = shippedFolder()): ConformanceFile[] {
  return caseFilesIn(folder).map(readCaseFile)
}

/** Paths of the case files in a folder; files of other kinds, and folders, are left out. */
export function caseFilesIn(folder: string): string[] {
  const names = readdirSync(folder).filter(name => name.endsWith('.json'))
  return names.sort().map(name => join(folder, name))
}

/** Throws CASE_FILE_INVALID when the file is none of cases. */
export function readCaseFile(file: string): ConformanceFile {
  return { name: basename(file), cases: parseCases(readFileSync(file, 'utf8'), file) }
}

/** Where the package keeps its cases, wherever its code was bundled to. */
export function shippedFolder(): string {
  const manifest = createRequire(import.meta.url).resolve('@rtp/stream-testing/package.json')
  return join(dirname(manifest), 'conformance')
}
