import { appendFileSync } from 'node:fs'
import { type CrashPoint, watchPoints } from '@rtp/stream-core/extend'

/** Where a process is to die: at the `hit`-th time that it reaches the point. */
export interface CrashAt {
  readonly point: CrashPoint
  readonly hit: number
  /** File that gets a line with the point, so that a death elsewhere is not taken for this one. */
  readonly report: string
}

/**
 * Loaded before a program that is to die, `node --import .../crash-at.js program.js` with a CrashAt as JSON in RTP_CRASH_AT. The process kills
 * itself as `kill -9` does: on the spot, nothing runs after it.
 */
const { point, hit, report } = JSON.parse(process.env['RTP_CRASH_AT']!) as CrashAt
let hits = 0
watchPoints((reached, send) => {
  if (reached !== point || ++hits < hit) return
  send()
  appendFileSync(report, `${point}\n`)
  process.kill(process.pid, 'SIGKILL')
})
