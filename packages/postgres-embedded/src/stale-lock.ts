import { realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedPostgresError } from './errors.ts'
import { readLock } from './lock-file.ts'
import { isAlive, workingFolderOf } from './processes.ts'
import { until } from './until.ts'

/** How long to wait for a server whose owner has just ended: until it gets the signal, and until it has shut down. */
const SIGNAL_TIMEOUT_MS = 2_000
const SHUTDOWN_TIMEOUT_MS = 15_000

/**
 * Clears the lock file that a killed server left behind. PostgreSQL does so itself unless the process id in it is in use again, by any
 * process of the same user; here the process is asked whether it works in this very folder.
 */
export async function clearStaleLock(dataDir: string): Promise<void> {
  const lockFile = join(dataDir, 'postmaster.pid')
  const lock = await readLock(lockFile)
  if (!lock) return
  const isGone = async () => !isAlive(lock.pid) || !(await isPostmasterOf(dataDir, lock.pid))
  const isGoing = async () => (await isGone()) || (await readLock(lockFile))?.status === 'stopping'
  await until(isGoing, { timeoutMs: SIGNAL_TIMEOUT_MS, everyMs: 20 })
  const timeoutMs = (await isGoing()) ? SHUTDOWN_TIMEOUT_MS : 0
  if (!(await until(isGone, { timeoutMs, everyMs: 20 }))) {
    throw new EmbeddedPostgresError(
      'DATA_DIR_IN_USE',
      `Another PostgreSQL (process ${lock.pid}) is running on ${dataDir}. Stop it first, use its address, or choose another dataDir.`,
    )
  }
  if ((await readLock(lockFile))?.pid === lock.pid) await rm(lockFile, { force: true })
}

async function isPostmasterOf(dataDir: string, pid: number): Promise<boolean> {
  const folder = await workingFolderOf(pid)
  // Where the system does not tell, the safe answer: two servers on one folder destroy it.
  return folder === undefined || folder === (await realpath(dataDir))
}
