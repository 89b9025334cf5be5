import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'

/** A text that tells a living process from every other that had or will have its pid; undefined when there is no such process. */
export async function processStart(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return linuxStart(pid)
  if (process.platform === 'win32') return isRunning(pid) ? 'running' : undefined
  return psStart(pid)
}

/** Start in clock ticks since the boot, field 22 of /proc/<pid>/stat (man proc_pid_stat), with the boot's identity. */
async function linuxStart(pid: number): Promise<string | undefined> {
  let stat: string
  try {
    stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The second field, the command, may hold spaces and brackets; the third follows the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // A process that has ended and waits for its parent to notice writes nothing any more.
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  return `${boot.trim()}/${fields[19]}`
}

function psStart(pid: number): Promise<string | undefined> {
  return new Promise(resolve => {
    execFile('ps', ['-o', 'lstart=', '-p', String(pid)], { env: { LC_ALL: 'C' } }, (error, stdout) => {
      if (error === null) resolve(stdout.trim() || undefined)
      else resolve(isRunning(pid) ? 'running' : undefined)
    })
  })
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    // EPERM: it runs, under another user.
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM'
  }
}
