import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { lockFolder, removeAbandonedFolders } from './folder-lock.ts'

const TEMPORARY_PREFIX = 'rtp-kafka-embedded-'

export interface DataFolder {
  readonly path: string
  /** Gives the folder back; a temporary one is removed. */
  release(): void
}

/** Takes the folder that was asked for, or makes a temporary one that goes with the broker or at the latest with the process. */
export function openDataFolder(dataDir: string | undefined): DataFolder {
  if (dataDir !== undefined) {
    const path = resolve(dataDir)
    return { path, release: lockFolder(path) }
  }
  removeAbandonedFolders(tmpdir(), TEMPORARY_PREFIX)
  const path = mkdtempSync(join(tmpdir(), TEMPORARY_PREFIX))
  const unlock = lockFolder(path)
  removeAtExit(path)
  return {
    path,
    release: () => {
      temporaryFolders.delete(path)
      unlock()
      rmSync(path, { recursive: true, force: true })
    },
  }
}

const temporaryFolders = new Set<string>()

/** One listener for all folders: Node warns of many. */
function removeAtExit(path: string): void {
  if (temporaryFolders.size === 0) process.off('exit', removeTemporaryFolders).once('exit', removeTemporaryFolders)
  temporaryFolders.add(path)
}

function removeTemporaryFolders(): void {
  for (const path of temporaryFolders) rmSync(path, { recursive: true, force: true })
}
