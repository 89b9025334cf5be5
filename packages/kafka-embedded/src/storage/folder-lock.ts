import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { BrokerError } from '../broker-error.ts'

const LOCK_FILE = 'owner.lock'

/** Folders of this process: its own number in a lock file says nothing after a restart that got the same number. */
const held = new Set<string>()

/** Takes a folder for this process, and returns the way to give it back; throws when another broker that runs has it. */
export function lockFolder(directory: string): () => void {
  mkdirSync(directory, { recursive: true })
  const path = join(directory, LOCK_FILE)
  const owner = readOwner(path)
  if (held.has(directory) || (owner !== undefined && isRunning(owner))) {
    const message = `${directory} is in use by another broker (process ${owner?.pid}). Stop that one, or choose another folder.`
    throw new BrokerError('BROKER_DATA_DIR_INVALID', message)
  }
  writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname() }))
  held.add(directory)
  return () => {
    held.delete(directory)
    rmSync(path, { force: true })
  }
}

/** Removes the folders with this prefix whose owners were killed before they could. */
export function removeAbandonedFolders(parent: string, prefix: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(prefix)) continue
    const owner = readOwner(join(parent, name, LOCK_FILE))
    if (owner === undefined || owner.host !== hostname() || owner.pid === process.pid || isRunning(owner)) continue
    try {
      rmSync(join(parent, name), { recursive: true, force: true })
    } catch {
      // It belongs to another user, or another broker is removing it too: no reason not to start.
    }
  }
}

interface Owner {
  readonly pid: number
  readonly host: string
}

function readOwner(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner
  } catch {
    // No lock, or one that a crash cut off: nobody's.
    return undefined
  }
}

/** Of a process on another machine, which may see the same folder, it cannot be told; there the lock counts for nothing. */
function isRunning({ pid, host }: Owner): boolean {
  if (host !== hostname() || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
