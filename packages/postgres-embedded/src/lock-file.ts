import { readFile } from 'node:fs/promises'

/** What a postmaster writes into postmaster.pid, as far as it is needed here. */
export interface LockFile {
  readonly pid: number
  /** `starting`, `ready`, `stopping` or `standby`, as pg_ctl reads it. */
  readonly status: string
}

/** Reads a lock file; undefined when there is none, or when it is not written yet. */
export async function readLock(file: string): Promise<LockFile | undefined> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n')
  const pid = Number(lines[0])
  return Number.isInteger(pid) && pid > 0 ? { pid, status: lines[7]?.trim() ?? '' } : undefined
}
