import { readFile, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedPostgresError } from './errors.ts'
import { isAlive, workingFolderOf } from './processes.ts'
import { until } from './until.ts'

/** How long a server whose owner has just ended may take to shut down. */
const SHUTDOWN_TIMEOUT_MS = 15_000

/**
 * Clears the lock file that a killed server left behind. PostgreSQL does so itself unless the process id in it is in use again, by any
 * process of the same user; here the process is asked whether it works in this very folder.
 */
export async function clearStaleLock(dataDir: string): Promise<void> {
  const lockFile = join(dataDir, 'postmaster.pid')
  const pid = await lockedBy(lockFile)
  if (pid === undefined) return
  const isServing = async () => isAlive(pid) && (await isPostmasterOf(dataDir, pid))
  if (await until(async () => !(await isServing()), { timeoutMs: SHUTDOWN_TIMEOUT_MS, everyMs: 50 })) {
    if ((await lockedBy(lockFile)) === pid) await rm(lockFile, { force: true })
    return
  }
  throw new EmbeddedPostgresError(
    'DATA_DIR_IN_USE',
    `Another PostgreSQL (process ${pid}) is running on ${dataDir}. Stop it first, use its address, or choose another dataDir.`,
  )
}

async function lockedBy(lockFile: string): Promise<number | undefined> {
  const text = await readFile(lockFile, 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  return Number.isInteger(pid) && pid > 0 ? pid : undefined
}

async function isPostmasterOf(dataDir: string, pid: number): Promise<boolean> {
  const folder = await workingFolderOf(pid)
  // Where the system does not tell, the safe answer: two servers on one folder destroy it.
  return folder === undefined || folder === (await realpath(dataDir))
}
