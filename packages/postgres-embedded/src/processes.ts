import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { platform } from 'node:os'
import { promisify } from 'node:util'

/** True when a process with this id runs, whoever owns it. One that has ended but was not yet waited for by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return !isZombie(pid)
}

/** Sends a signal; a process that is gone already is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Ids of the processes that `pid` has started. */
export async function childrenOf(pid: number): Promise<number[]> {
  const parents = platform() === 'linux' ? await parentsFromProc() : await parentsFromPs()
  return parents.filter(([, parent]) => parent === pid).map(([child]) => child)
}

/** The folder a process works in, where the system tells; postmasters work in their data folder. */
export async function workingFolderOf(pid: number): Promise<string | undefined> {
  return readlink(`/proc/${pid}/cwd`).catch(() => undefined)
}

function isZombie(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    // Gone by now, or not a Linux.
    return false
  }
}

async function parentsFromProc(): Promise<[child: number, parent: number][]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  return Promise.all(
    pids.map(async (pid): Promise<[number, number]> => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      // The second field is the program's name in parentheses and may hold spaces.
      const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
      return [Number(pid), Number(parent)]
    }),
  )
}

async function parentsFromPs(): Promise<[child: number, parent: number][]> {
  if (platform() === 'win32') return []
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid='])
  return stdout
    .trim()
    .split('\n')
    .map((line): [number, number] => {
      const [child, parent] = line.trim().split(/\s+/).map(Number)
      return [child ?? -1, parent ?? -1]
    })
}
