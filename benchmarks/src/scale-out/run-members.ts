import { spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { MemberProgram } from './member-program.ts'
import type { MemberTimes } from './scaled-job.ts'

export interface MembersRun {
  /** From the first record that any member saw to the last commit. */
  readonly seconds: number
  /** Of the members, in that time. */
  readonly cpuSeconds: number
  /** Of everything else on the machine, from the start of the processes to their end: broker and database, and whoever works there besides. */
  readonly otherCpuSeconds: number
}

/** Runs the processes at the same time, to their end. */
export async function runMembers(programs: readonly MemberProgram[]): Promise<MembersRun> {
  const busyBefore = machineCpuSeconds()
  const processes = await Promise.all(programs.map(runProgram))
  const busy = machineCpuSeconds() - busyBefore
  const members = processes.flat()
  const whole = processes.reduce(
    (sum, times) => sum + Math.max(...times.map(({ cpuSecondsAfter }) => cpuSecondsAfter)),
    0,
  )
  return {
    seconds:
      (Math.max(...members.map(({ endedAt }) => endedAt)) - Math.min(...members.map(({ firstAt }) => firstAt))) / 1000,
    cpuSeconds:
      whole -
      processes.reduce((sum, times) => sum + Math.min(...times.map(({ cpuSecondsBefore }) => cpuSecondsBefore)), 0),
    otherCpuSeconds: Math.max(0, busy - whole),
  }
}

async function runProgram(program: MemberProgram): Promise<MemberTimes[]> {
  const file = fileURLToPath(new URL('./scale-out-member.js', import.meta.url))
  const child = spawn(process.execPath, [file, JSON.stringify(program)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const times = said.split('\n').filter(line => line !== '')
  if (code !== 0 || times.length === 0) throw new Error(`a member ended with ${code}: ${said}`)
  return times.map(line => JSON.parse(line) as MemberTimes)
}

/** What all cores have worked since the machine started. */
function machineCpuSeconds(): number {
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0) / 1000
}
