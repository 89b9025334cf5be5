import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SAMPLE_VERSION, type SampleOptions, sampleBlocks } from './sample-rows.ts'

export interface SampleFile {
  readonly path: string
  /** False when a file from an earlier run serves again. */
  readonly made: boolean
}

/**
 * The sample CSV of so many rows under `folder`: made if it is not there, or not as it should be; used again otherwise. It gets its name
 * when it is complete, so a run that was interrupted leaves no half of it.
 */
export async function sampleFile(
  folder: string,
  { rows, seed = 1 }: { rows: number; seed?: number },
): Promise<SampleFile> {
  const path = join(folder, `sample-${rows}`, 'sample.csv')
  const options = { rows, seed }
  if (await isComplete(path, options)) return { path, made: false }
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.${process.pid}.tmp`
  try {
    const bytes = await write(temporary, options)
    await rename(temporary, path)
    await writeFile(stampOf(path), stamp(options, bytes))
  } finally {
    await rm(temporary, { force: true })
  }
  return { path, made: true }
}

async function write(path: string, options: SampleOptions): Promise<number> {
  const file = await open(path, 'w')
  let bytes = 0
  try {
    for (const block of sampleBlocks(options)) {
      await file.writeFile(block)
      bytes += block.length
    }
  } finally {
    await file.close()
  }
  return bytes
}

/** The stamp beside the file says what it was made from and how long it is, so that an edited or cut one is made again. */
async function isComplete(path: string, options: SampleOptions): Promise<boolean> {
  try {
    const [written, { size }] = await Promise.all([readFile(stampOf(path), 'utf8'), stat(path)])
    return written === stamp(options, size)
  } catch {
    return false
  }
}

function stampOf(path: string): string {
  return `${path}.stamp`
}

function stamp({ rows, seed }: SampleOptions, bytes: number): string {
  return `${JSON.stringify({ version: SAMPLE_VERSION, rows, seed, bytes })}\n`
}
